import { VanerError } from "../errors.js";

interface TensorLayout {
  /** Id of the type in GGUF files. */
  readonly id: number;
  /** Elements of a block. */
  readonly blockSize: number;
  /** Bytes of a block. */
  readonly blockBytes: number;
}

const layout = (id: number, blockSize: number, blockBytes: number): TensorLayout => ({
  id,
  blockSize,
  blockBytes,
});

/** Types of weights that need no importance matrix, by ggml's names. */
export const tensorTypes = {
  F32: layout(0, 1, 4),
  F16: layout(1, 1, 2),
  BF16: layout(30, 1, 2),
  Q4_0: layout(2, 32, 18),
  Q4_1: layout(3, 32, 20),
  Q5_0: layout(6, 32, 22),
  Q5_1: layout(7, 32, 24),
  Q8_0: layout(8, 32, 34),
  Q2_K: layout(10, 256, 84),
  Q3_K: layout(11, 256, 110),
  Q4_K: layout(12, 256, 144),
  Q5_K: layout(13, 256, 176),
  Q6_K: layout(14, 256, 210),
  IQ3_S: layout(21, 256, 110),
  IQ4_NL: layout(20, 32, 18),
  IQ4_XS: layout(23, 256, 136),
  TQ1_0: layout(34, 256, 54),
  TQ2_0: layout(35, 256, 66),
  MXFP4: layout(39, 32, 17),
  Q1_0: layout(41, 128, 18),
  Q2_0: layout(42, 64, 18),
} as const satisfies Readonly<Record<string, TensorLayout>>;

/** A key of {@link tensorTypes}. */
export type TensorType = keyof typeof tensorTypes;

/** Whether a name, in upper case, is one of these types. */
export function isTensorType(name: string): name is TensorType {
  return Object.hasOwn(tensorTypes, name);
}

/** Whether rows of `columns` elements can be stored in a type. */
export function fitsBlocks(type: TensorType, columns: number): boolean {
  return columns % tensorTypes[type].blockSize === 0;
}

/**
 * Bytes of a tensor.
 * @param shape extents in GGUF's order: the contiguous dimension first
 * @throws {VanerError} `ERR_VANER_INTERNAL` if the type cannot have this shape
 */
export function tensorBytes(type: TensorType, shape: readonly number[]): number {
  const { blockSize, blockBytes } = tensorTypes[type];
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const bytes = (elements / blockSize) * blockBytes;
  const sound =
    shape.length >= 1 &&
    shape.length <= 4 &&
    shape.every((extent) => Number.isSafeInteger(extent) && extent > 0) &&
    fitsBlocks(type, shape[0] ?? 0) &&
    Number.isSafeInteger(elements) &&
    Number.isSafeInteger(bytes);
  if (!sound) {
    throw new VanerError("ERR_VANER_INTERNAL", `A tensor of type ${type} cannot have the shape [${shape}].`);
  }
  return bytes;
}
