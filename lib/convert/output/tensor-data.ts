import { runJob } from "../../binding/jobs.js";
import { loadAddon } from "../../binding/loader.js";
import { VanerError } from "../../errors.js";
import { tensorBytes } from "../../gguf/tensor-types.js";
import type { MergedWeights } from "../adapters/merged.js";
import { checkpointError } from "../checkpoint/errors.js";
import { interleaveHeads } from "./rotation.js";
import type { PlannedTensor } from "./tensor-plan.js";

/** Options of writing a file. */
export interface WriteOptions {
  /** Called with the share that is written, from 0 to 1. An exception from it stops the work. */
  readonly onProgress?: ((share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Elements of a piece: 8 MB of floats. */
const pieceElements = 2 ** 21;

/** Pieces in flight: some are read and encoded while another is written. */
const piecesAhead = 2;

/** Writes the data of all tensors, in their order. */
export async function writeTensors(
  tensors: readonly PlannedTensor[],
  weights: MergedWeights,
  headSize: number,
  { onProgress, signal }: WriteOptions,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const total = tensors.reduce((sum, { type, shape }) => sum + tensorBytes(type, shape), 0);
  let done = 0;
  for (const tensor of tensors) {
    for await (const bytes of tensorData(tensor, weights, headSize, signal)) {
      await write(bytes);
      done += bytes.length;
      onProgress?.(done / total);
    }
  }
}

/**
 * The bytes of a tensor in the output, piece by piece.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the weights cannot be read, or do not fit the type
 */
async function* tensorData(
  tensor: PlannedTensor,
  weights: MergedWeights,
  headSize: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const [extent = 1, ...outer] = tensor.shape;
  const [columns, rows] = outer.length === 0 ? [1, extent] : [extent, outer[0] ?? 1];
  const step = rowsPerPiece(columns, isInterleaved(tensor) ? headSize : 1);
  const pending: Promise<Uint8Array>[] = [];
  try {
    for (let first = 0; first < rows; first += step) {
      const piece = readPiece(
        tensor,
        weights,
        headSize,
        first,
        Math.min(step, rows - first),
        columns,
        signal,
      );
      // A failure is met when its turn comes; until then it must not count as unhandled.
      piece.catch(() => {});
      pending.push(piece);
      if (pending.length > piecesAhead) yield* next(pending);
    }
    while (pending.length > 0) yield* next(pending);
  } finally {
    // The caller closes the files next: nothing may still read them.
    await Promise.allSettled(pending);
  }
}

async function* next(pending: Promise<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  const piece = await pending.shift();
  if (piece) yield piece;
}

function rowsPerPiece(columns: number, multiple: number): number {
  return Math.max(1, Math.floor(pieceElements / (columns * multiple))) * multiple;
}

function isInterleaved({ source }: PlannedTensor): boolean {
  return source.kind === "encoder" && source.interleaved;
}

async function readPiece(
  { source, type }: PlannedTensor,
  weights: MergedWeights,
  headSize: number,
  first: number,
  count: number,
  columns: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (source.kind === "floats") return bytesOf(await source.tensor.readFloats(first, count));
  const asStored = weights.tensors.get(source.name)?.type === type;
  const from = source.firstRow + first;
  const rows = asStored
    ? await weights.readRows(source.name, from, count)
    : bytesOf(await weights.readFloats(source.name, from, count));
  const ordered = source.interleaved ? interleaveHeads(rows, rows.length / count, headSize) : rows;
  if (asStored || type === "F32") return ordered;
  try {
    return await runJob(() => loadAddon().encodeRows(ordered, "F32", type, columns), signal);
  } catch (error) {
    if (error instanceof VanerError && error.code === "ERR_VANER_MODEL_WEIGHTS") {
      throw checkpointError(`The tensor ${source.name} cannot be stored as ${type}: ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
