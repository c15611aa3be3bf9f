import { runJob } from "../binding/jobs.js";
import { loadAddon } from "../binding/loader.js";
import { VanerError } from "../errors.js";
import { tensorBytes } from "../gguf/tensor-types.js";
import { checkpointError } from "./errors.js";
import type { ConvertOptions } from "./options.js";
import type { PlannedTensor } from "./plan.js";
import { interleaveHeads } from "./rotation.js";
import type { MergedWeights } from "./weights/merged.js";

/** Elements that are worked on together: 8 MB of floats, of which a few pieces are in memory at a time. */
const pieceElements = 2 ** 21;

/** Pieces under way: one is read and encoded while another is written. */
const piecesAhead = 2;

/** Writes the data of all tensors in their order. What `onProgress` throws stops it. */
export async function writeTensors(
  tensors: readonly PlannedTensor[],
  weights: MergedWeights,
  headSize: number,
  { onProgress, signal }: ConvertOptions,
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
 * The bytes of a tensor as the output holds them, piece by piece.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where the weights cannot be read, or do not fit the type
 */
async function* tensorData(
  tensor: PlannedTensor,
  weights: MergedWeights,
  headSize: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const [columns, rows] = tensor.shape.length === 1 ? [1, tensor.shape[0]] : tensor.shape;
  const step = rowsPerPiece(columns as number, isInterleaved(tensor) ? headSize : 1);
  const pending: Promise<Uint8Array>[] = [];
  try {
    for (let first = 0; first < (rows as number); first += step) {
      const count = Math.min(step, (rows as number) - first);
      const piece = pieceOf(tensor, weights, headSize, first, count, signal);
      // A failure is met when its turn comes; until then it must not count as unhandled.
      piece.catch(() => {});
      pending.push(piece);
      if (pending.length > piecesAhead) yield await (pending.shift() as Promise<Uint8Array>);
    }
    while (pending.length > 0) yield await (pending.shift() as Promise<Uint8Array>);
  } finally {
    // No work outlives the generator, and with it the files that it reads.
    await Promise.allSettled(pending);
  }
}

function rowsPerPiece(columns: number, multiple: number): number {
  return Math.max(1, Math.floor(pieceElements / (columns * multiple))) * multiple;
}

function isInterleaved({ source }: PlannedTensor): boolean {
  return source.kind === "encoder" && source.interleaved;
}

async function pieceOf(
  tensor: PlannedTensor,
  weights: MergedWeights,
  headSize: number,
  first: number,
  count: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { source, type, shape } = tensor;
  if (source.kind === "floats") return bytesOf(await source.tensor.readFloats(first, count));
  const asStored = weights.tensors.get(source.name)?.type === type;
  const rows = asStored
    ? await weights.readRows(source.name, first, count)
    : bytesOf(await weights.readFloats(source.name, first, count));
  const ordered = source.interleaved ? interleaveHeads(rows, rows.length / count, headSize) : rows;
  if (asStored || type === "F32") return ordered;
  try {
    return await runJob(() => loadAddon().encodeRows(ordered, "F32", type, shape[0] as number), signal);
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
