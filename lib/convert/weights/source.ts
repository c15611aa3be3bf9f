/** Element types that checkpoints store, by the names of safetensors. */
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

/** A tensor of a checkpoint, as its file describes it. */
export interface StoredTensor {
  readonly name: string;
  readonly type: ElementType;
  /** Extents as PyTorch orders them: the contiguous dimension last. Empty for a scalar. */
  readonly shape: readonly number[];
}

/** Tensors that can be read piece by piece, so that no more than a piece is ever in memory. */
export interface WeightSource {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Why tensors that the files hold cannot be read, by name, for example because they are not contiguous. */
  readonly unreadable: ReadonlyMap<string, string>;

  /**
   * Reads rows of a tensor, a row being everything behind the first dimension. A scalar is one row.
   * @param first index of the first row
   * @param count number of rows, at least 1
   * @returns the rows' elements in row order, little-endian, without gaps; memory of the caller's own
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` where the file changed, was cut, or cannot be read
   */
  readRows(name: string, first: number, count: number): Promise<Uint8Array>;

  /** Closes the files. Idempotent. */
  close(): Promise<void>;
}

/** Elements of a tensor. */
export function elementCount({ shape }: Pick<StoredTensor, "shape">): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Elements of one row: the product of all dimensions but the first. */
export function rowLength({ shape }: Pick<StoredTensor, "shape">): number {
  return shape.slice(1).reduce((product, extent) => product * extent, 1);
}
