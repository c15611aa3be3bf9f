import type { CheckpointFile } from "../../checkpoint/file.js";
import { rowCount } from "../rows.js";
import { type ElementType, elementCount, rowLength } from "../source.js";
import type { TorchTensor } from "./torch-tensor.js";

/** Most bytes of a read that covers several runs. */
const readAhead = 4 * 2 ** 20;

/** Order of a tensor's elements in its storage. */
export type Layout =
  /** Each row is contiguous; `step` elements from row to row. */
  | { readonly runs: "rows"; readonly step: number }
  /** Each column of a matrix is contiguous, as in a transposed view; `step` elements from column to column. */
  | { readonly runs: "columns"; readonly step: number };

/** How to read a tensor, or why it cannot be read. */
export function formOf({
  type,
  shape,
  stride,
}: Pick<TorchTensor, "type" | "shape" | "stride">):
  | { readonly type: ElementType; readonly layout: Layout }
  | { readonly problem: string } {
  if ("unread" in type) return { problem: `its elements are of type ${type.unread}, which is not converted` };
  const layout = layoutOf({ shape, stride });
  if (layout) return { type: type.element, layout };
  return {
    problem: `its elements lie scattered, ${shape.join("x")} with strides ${stride.join(", ")}: save a contiguous() copy`,
  };
}

/** The layout of a view, or undefined if it is neither of the two. */
function layoutOf(tensor: Pick<TorchTensor, "shape" | "stride">): Layout | undefined {
  const { shape, stride } = tensor;
  const length = rowLength(tensor);
  if (elementCount(tensor) === 0) return { runs: "rows", step: length };
  const rows = rowCount(tensor);
  if (hasContiguousRows(shape, stride)) {
    const step = rows > 1 ? (stride[0] ?? length) : length;
    // Overlapping rows would let a few bytes stand for any number of elements.
    return step >= length ? { runs: "rows", step } : undefined;
  }
  const [down = 0, across = 0] = stride;
  const columns = shape.length === 2 && (down === 1 || rows === 1) && across >= rows;
  return columns ? { runs: "columns", step: across } : undefined;
}

function hasContiguousRows(shape: readonly number[], stride: readonly number[]): boolean {
  let expected = 1;
  for (const [dimension, extent] of [...shape.entries()].slice(1).reverse()) {
    if (extent !== 1 && stride[dimension] !== expected) return false;
    expected *= extent;
  }
  return true;
}

/** Where a tensor lies in a file. */
export interface Placement {
  /** Offset of the first element in the file, in bytes. */
  readonly begin: number;
  /** Bytes of an element. */
  readonly size: number;
  /** Elements of a row. */
  readonly length: number;
  readonly layout: Layout;
}

/** Reads rows of any layout, without gaps. Needs memory for the rows and a few megabytes. */
export async function readLaidOut(
  file: CheckpointFile,
  { begin, size, length, layout }: Placement,
  first: number,
  count: number,
): Promise<Uint8Array> {
  const step = layout.step * size;
  const rowBytes = length * size;
  if (layout.runs === "rows") {
    if (step === rowBytes) return file.read(begin + first * step, count * rowBytes);
    const rows = new Uint8Array(count * rowBytes);
    await forEachRun(file, { begin: begin + first * step, step, count, bytes: rowBytes }, (run, row) => {
      rows.set(run, row * rowBytes);
    });
    return rows;
  }
  const rows = new Uint8Array(count * rowBytes);
  const runs = { begin: begin + first * size, step, count: length, bytes: count * size };
  await forEachRun(file, runs, (run, column) => {
    for (let row = 0; row < count; row++) {
      for (let byte = 0; byte < size; byte++) {
        // In range by construction: no check for undefined for each byte.
        rows[row * rowBytes + column * size + byte] = run[row * size + byte] as number;
      }
    }
  });
  return rows;
}

interface Runs {
  readonly begin: number;
  /** Bytes from the beginning of one run to that of the next. */
  readonly step: number;
  readonly count: number;
  /** Bytes of a run. */
  readonly bytes: number;
}

async function forEachRun(
  file: CheckpointFile,
  { begin, step, count, bytes }: Runs,
  take: (run: Uint8Array, index: number) => void,
): Promise<void> {
  const perRead = Math.max(1, Math.floor(readAhead / step));
  for (let first = 0; first < count; first += perRead) {
    const runs = Math.min(perRead, count - first);
    const piece = await file.read(begin + first * step, (runs - 1) * step + bytes);
    for (let run = 0; run < runs; run++) take(piece.subarray(run * step, run * step + bytes), first + run);
  }
}
