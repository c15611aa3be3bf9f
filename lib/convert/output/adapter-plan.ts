import { f32, type GgufEntry, string } from "../../gguf/metadata.js";
import type { Adapter, LowRankUpdate } from "../adapters/peft.js";
import { checkpointError } from "../checkpoint/errors.js";
import { quoted } from "../checkpoint/names.js";
import type { Shape } from "../checkpoint/shape.js";
import type { FloatTensor } from "../heads/heads.js";
import { encoderTensors } from "./encoder-tensors.js";
import { interleaveHeads } from "./rotation.js";
import { type PlannedTensor, planFloats } from "./tensor-plan.js";

/** The metadata of an adapter in a GGUF file, except those of its heads. */
export function adapterEntries(name: string, adapter: Adapter): GgufEntry[] {
  return [
    ["general.architecture", string("llama-embed")],
    ["general.type", string("adapter")],
    ["general.name", string(name)],
    ["adapter.type", string("lora")],
    ["adapter.lora.alpha", f32(alphaOf(adapter))],
  ];
}

/**
 * Plans the updates of an adapter as pairs `blk.N.M.weight.lora_a` and `.lora_b`, in F32.
 * @param shape of the base
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the base has no such matrix
 */
export function planUpdates(adapter: Adapter, shape: Shape): PlannedTensor[] {
  const expected = encoderTensors(shape);
  return [...adapter.updates].flatMap(([plain, update]) => {
    const { rank, inputs, outputs, readA } = update;
    const matrix = plain.startsWith("layers.") ? expected.get(plain) : undefined;
    const [rows, columns] = matrix?.extents ?? [];
    if (!matrix || rows !== outputs || columns !== inputs) {
      throw checkpointError(
        `${adapter.folder} updates ${quoted(plain)} as [${outputs}, ${inputs}], but the base's layers have no such ` +
          "matrix. If it is an adapter of this base, convert the base with the adapter merged into it.",
      );
    }
    return [
      planFloats(`${matrix.name}.lora_a`, {
        shape: [rank, inputs],
        readFloats: async (first, count) =>
          (await readA()).subarray(first * inputs, (first + count) * inputs),
      }),
      planFloats(`${matrix.name}.lora_b`, {
        shape: [outputs, rank],
        readFloats: scaledRows(update, alphaOf(adapter), matrix.interleaved ? shape.headSize : 1),
      }),
    ];
  });
}

/** The one alpha of the file; every pair is scaled by alpha / rank. Never 0, which would mean a scale of 1. */
function alphaOf({ config }: Adapter): number {
  const alpha = Math.fround(config.alpha);
  return alpha !== 0 && Number.isFinite(alpha) ? alpha : 1;
}

/**
 * Reads rows of `b` in llama.cpp's order, multiplied by what the pair's scale differs from alpha / rank.
 * @param block rows that are reordered together: those of a head, or 1
 */
function scaledRows(
  { rank, scale, readB }: LowRankUpdate,
  alpha: number,
  block: number,
): FloatTensor["readFloats"] {
  const factor = scale / (alpha / rank);
  return async (first, count) => {
    const start = Math.floor(first / block) * block;
    const end = Math.ceil((first + count) / block) * block;
    const { buffer } = (await readB(start, end - start)).map((value) => factor * value);
    const rows = block === 1 ? buffer : interleaveHeads(new Uint8Array(buffer), 4 * rank, block).buffer;
    return new Float32Array(rows, 4 * rank * (first - start), rank * count);
  };
}
