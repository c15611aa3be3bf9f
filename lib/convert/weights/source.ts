import { checkpointError } from "../checkpoint/errors.js";
import { quoted } from "../checkpoint/names.js";

/** Element types of checkpoints, as safetensors names them. */
export type ElementType = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

/** Bytes of one element. */
export const elementSizes: Readonly<Record<ElementType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(elementSizes, name);
}

/** A tensor of a checkpoint, as its file describes it. */
export interface StoredTensor {
  readonly name: string;
  readonly type: ElementType;
  /** Extents in PyTorch's order: the contiguous dimension last. Empty for a scalar. */
  readonly shape: readonly number[];
}

/** Tensors that are read in pieces, so that only a piece is in memory. */
export interface WeightSource {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Tensors of the files that cannot be read, with the reason, for example that they are not contiguous. */
  readonly unreadable: ReadonlyMap<string, string>;

  /**
   * Reads rows of a tensor. A row is everything behind the first dimension; a scalar is one row.
   * @param first index of the first row
   * @param count number of rows, at least 1
   * @returns the elements in row order, little-endian, without gaps; a copy of the caller's own
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the file changed, is cut short, or cannot be read
   */
  readRows(name: string, first: number, count: number): Promise<Uint8Array>;

  /** Closes the files. Idempotent. */
  close(): Promise<void>;
}

/** Number of elements of a tensor. */
export function elementCount({ shape }: Pick<StoredTensor, "shape">): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Number of elements of a row: the product of all dimensions but the first. */
export function rowLength({ shape }: Pick<StoredTensor, "shape">): number {
  return shape.slice(1).reduce((product, extent) => product * extent, 1);
}

/**
 * What a source keeps of a tensor.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if there is no tensor of this name, or it cannot be read
 */
export function tensorNamed<T>(
  tensors: ReadonlyMap<string, T>,
  unreadable: ReadonlyMap<string, string>,
  name: string,
  path: string,
): T {
  const tensor = tensors.get(name);
  if (tensor !== undefined) return tensor;
  const reason = unreadable.get(name);
  throw checkpointError(
    reason === undefined
      ? `${path} holds no tensor ${quoted(name)}.`
      : `${path}: tensor ${quoted(name)} cannot be read: ${reason}.`,
  );
}
