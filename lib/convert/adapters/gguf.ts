import { f32, type GgufEntry, string } from "../../gguf/metadata.js";
import { checkpointError } from "../errors.js";
import type { FloatTensor } from "../heads.js";
import { ggufName } from "../names.js";
import { encoderTensors, floats, type PlannedTensor } from "../plan.js";
import { interleaveHeads } from "../rotation.js";
import type { Shape } from "../shape.js";
import { quoted } from "../weights/names.js";
import type { Adapter, LowRankUpdate } from "./peft.js";

/** The keys of an adapter in a GGUF file, but for those of its heads. */
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
 * The updates of an adapter as pairs `blk.N.M.weight.lora_a` and `.lora_b`, in F32.
 * @param shape of the base
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where the base has no such matrix
 */
export function planUpdates(adapter: Adapter, shape: Shape): PlannedTensor[] {
  const expected = encoderTensors(shape);
  return [...adapter.updates].flatMap(([plain, update]) => {
    const { rank, inputs, outputs, readA } = update;
    const [rows, columns] = plain.startsWith("layers.") ? (expected.get(plain)?.extents ?? []) : [];
    if (rows !== outputs || columns !== inputs) {
      throw checkpointError(
        `${adapter.folder} updates ${quoted(plain)} as [${outputs}, ${inputs}], which is no matrix of the base's ` +
          "layers. If it is an adapter of this base, convert the base with the adapter merged into it.",
      );
    }
    const name = ggufName(plain) as string;
    return [
      floats(`${name}.lora_a`, {
        shape: [rank, inputs],
        readFloats: async (first, count) =>
          (await readA()).subarray(first * inputs, (first + count) * inputs),
      }),
      floats(`${name}.lora_b`, {
        shape: [outputs, rank],
        readFloats: outerFactor(update, alphaOf(adapter), /\.[qk]_proj\./.test(plain) ? shape.headSize : 1),
      }),
    ];
  });
}

/** The one alpha of the file, by which all pairs are scaled: alpha / rank. 0 would stand for a scale of 1. */
function alphaOf({ config }: Adapter): number {
  const alpha = Math.fround(config.alpha);
  return alpha !== 0 && Number.isFinite(alpha) ? alpha : 1;
}

/**
 * Rows of `b`, times what its scale has that alpha / rank lacks, in llama.cpp's order.
 * @param block rows that are read together: a head's where they are interleaved, else 1
 */
function outerFactor(
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
