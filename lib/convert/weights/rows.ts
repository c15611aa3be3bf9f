import { checkpointError } from "../checkpoint/errors.js";
import { isCount } from "../checkpoint/json.js";
import { quoted } from "../checkpoint/names.js";
import { elementSizes, rowLength, type StoredTensor } from "./source.js";

/** More than any model has, and few enough that no product of extents overflows a double. */
const mostDimensions = 16;

/** Number of rows of a tensor: the extent of its first dimension. A scalar is one row. */
export function rowCount({ shape }: Pick<StoredTensor, "shape">): number {
  return shape[0] ?? 1;
}

/** Bytes of one row. */
export function rowBytes(tensor: Pick<StoredTensor, "type" | "shape">): number {
  return rowLength(tensor) * elementSizes[tensor.type];
}

/** A shape from a file, or why no tensor can have it. */
export function readExtents(
  shape: readonly unknown[],
): { readonly shape: readonly number[] } | { readonly problem: string } {
  if (shape.length > mostDimensions) return { problem: `it has ${shape.length} dimensions` };
  return shape.every(isCount) ? { shape } : { problem: "its shape is not made of whole numbers" };
}

/**
 * Checks a range of rows.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the tensor does not have these rows
 */
export function checkRows(tensor: StoredTensor, first: number, count: number, path: string): void {
  if (Number.isSafeInteger(first) && first >= 0 && Number.isSafeInteger(count) && count >= 1) {
    if (count <= rowCount(tensor) - first) return;
  }
  throw checkpointError(
    `${path}: tensor ${quoted(tensor.name)} has ${rowCount(tensor)} rows; there are no ${count} from row ${first}.`,
  );
}
