import { checkpointError } from "../errors.js";
import { quoted } from "./names.js";
import { elementSizes, rowLength, type StoredTensor } from "./source.js";

/** More dimensions than any model has; few enough that no product of extents overflows a double. */
const mostDimensions = 16;

/** Rows of a tensor: the extent of its first dimension; a scalar is one row. */
export function rowCount({ shape }: Pick<StoredTensor, "shape">): number {
  return shape[0] ?? 1;
}

/** Bytes of one row. */
export function rowBytes(tensor: Pick<StoredTensor, "type" | "shape">): number {
  return rowLength(tensor) * elementSizes[tensor.type];
}

/** Why a tensor cannot have this shape, or undefined where it can. */
export function shapeProblem(shape: readonly unknown[]): string | undefined {
  if (shape.length > mostDimensions) return `it has ${shape.length} dimensions`;
  if (!shape.every((extent) => Number.isSafeInteger(extent) && (extent as number) >= 0)) {
    return "its shape is not made of whole numbers";
  }
  return undefined;
}

/**
 * Checks what was asked of a source.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where the tensor does not have these rows
 */
export function checkRows(tensor: StoredTensor, first: number, count: number, path: string): void {
  if (Number.isSafeInteger(first) && first >= 0 && Number.isSafeInteger(count) && count >= 1) {
    if (count <= rowCount(tensor) - first) return;
  }
  throw checkpointError(
    `${path}: tensor ${quoted(tensor.name)} has ${rowCount(tensor)} rows; there are no ${count} from row ${first}.`,
  );
}
