import { listed } from "../errors.js";
import type { TensorPlan } from "../gguf/header.js";
import { fitsBlocks, type TensorType } from "../gguf/tensor-types.js";
import { checkpointError } from "./errors.js";
import type { FloatTensor, Head, Linear } from "./heads.js";
import { ggufName, isSuperfluous } from "./names.js";
import { llama3Factors } from "./rotation.js";
import type { Shape } from "./shape.js";
import type { MergedWeights } from "./weights/merged.js";

/** A tensor of the output and where its numbers come from. */
export interface PlannedTensor extends TensorPlan {
  readonly source:
    | { readonly kind: "encoder"; readonly name: string; readonly interleaved: boolean }
    | { readonly kind: "floats"; readonly tensor: FloatTensor };
}

/**
 * What a GGUF file of format 1 holds of a checkpoint, in the order of the file.
 * @param folder what messages name
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where a tensor is missing, left over, or of another shape
 */
export function planTensors(
  weights: MergedWeights,
  shape: Shape,
  heads: readonly Head[],
  headNames: readonly string[],
  type: TensorType,
  folder: string,
): PlannedTensor[] {
  const expected = encoderTensors(shape);
  checkComplete(weights, expected, headNames, folder);
  const encoder = [...expected].flatMap(([plain, { extents, optional }]): PlannedTensor[] => {
    const stored = weights.tensors.get(plain);
    if (!stored && optional) return [];
    const found = stored?.shape ?? [];
    if (found.length !== extents.length || !found.every((extent, index) => extent === extents[index])) {
      throw checkpointError(
        `${folder}: the tensor ${plain} has the shape [${found.join(", ")}], but the configuration asks for [${extents.join(", ")}].`,
      );
    }
    return [
      {
        name: ggufName(plain) as string,
        type: extents.length === 1 ? "F32" : storable(type, extents[1] as number),
        shape: [...extents].reverse(),
        source: { kind: "encoder", name: plain, interleaved: /\.[qk]_proj\./.test(plain) },
      },
    ];
  });
  return [
    ...encoder,
    ...frequencies(shape),
    ...heads.flatMap((head, index) => headTensors(head, index, heads.length)),
  ];
}

interface Expected {
  /** As PyTorch orders them. */
  readonly extents: readonly number[];
  readonly optional: boolean;
}

/** The encoder's tensors by plain name. */
export function encoderTensors(shape: Shape): Map<string, Expected> {
  const { embedding, feedForward, keyValueHeads, headSize, vocabulary } = shape;
  const keyValues = keyValueHeads * headSize;
  const expected = new Map<string, Expected>();
  const add = (name: string, ...extents: number[]) =>
    expected.set(`${name}.weight`, { extents, optional: false });
  const linear = (name: string, outputs: number, inputs: number) => {
    add(name, outputs, inputs);
    expected.set(`${name}.bias`, { extents: [outputs], optional: true });
  };
  add("embed_tokens", vocabulary, embedding);
  add("norm", embedding);
  for (let layer = 0; layer < shape.layers; layer++) {
    const prefix = `layers.${layer}.`;
    add(`${prefix}input_layernorm`, embedding);
    linear(`${prefix}self_attn.q_proj`, embedding, embedding);
    linear(`${prefix}self_attn.k_proj`, keyValues, embedding);
    linear(`${prefix}self_attn.v_proj`, keyValues, embedding);
    linear(`${prefix}self_attn.o_proj`, embedding, embedding);
    add(`${prefix}post_attention_layernorm`, embedding);
    linear(`${prefix}mlp.gate_proj`, feedForward, embedding);
    linear(`${prefix}mlp.up_proj`, feedForward, embedding);
    linear(`${prefix}mlp.down_proj`, embedding, feedForward);
  }
  return expected;
}

/** Nothing may be missing, and nothing that would change the result may be left over. */
function checkComplete(
  weights: MergedWeights,
  expected: ReadonlyMap<string, Expected>,
  headNames: readonly string[],
  folder: string,
): void {
  for (const [plain, { optional }] of expected) {
    const reason = weights.unreadable.get(plain);
    if (reason !== undefined) {
      throw checkpointError(`${folder}: the tensor ${plain} cannot be read: ${reason}`);
    }
    if (!optional && !weights.tensors.has(plain)) {
      throw checkpointError(
        `${folder} has no tensor ${plain}, which its config.json promises: is a file of the weights missing?`,
      );
    }
  }
  const known = new Set(headNames.flatMap((name) => [`${name}.weight`, `${name}.bias`]));
  const left = [...weights.tensors.keys()].filter(
    (plain) => !expected.has(plain) && !known.has(plain) && !isSuperfluous(plain),
  );
  if (left.length > 0) {
    throw checkpointError(
      `${folder} has ${left.length} tensors that a LLaMA token classifier does not use, such as ${listed(left.slice(0, 3))}: it is another architecture.`,
    );
  }
}

/** Quantized blocks lie in rows; a row that they do not divide gets the next type that fits. */
function storable(type: TensorType, columns: number): TensorType {
  const found = ([type, "Q8_0", "F16"] as const).find((candidate) => fitsBlocks(candidate, columns));
  return found as TensorType;
}

function frequencies({ ropeScaling, headSize, ropeBase }: Shape): PlannedTensor[] {
  if (ropeScaling.kind !== "llama3") return [];
  const factors = llama3Factors(ropeScaling, headSize, ropeBase);
  const tensor = {
    shape: [factors.length],
    readFloats: async (first: number, count: number) => factors.slice(first, first + count),
  };
  return [floats("rope_freqs.weight", tensor)];
}

/** Names as `native/model/model_format.cpp` reads them. */
export function headTensors(head: Head, index: number, count: number): PlannedTensor[] {
  const linear = (name: string, { weight, bias }: Linear) => [
    floats(`${name}.weight`, weight),
    ...(bias ? [floats(`${name}.bias`, bias)] : []),
  ];
  return [
    ...head.dense.flatMap((layer, at) => linear(`cls.${index}.${at}`, layer)),
    ...linear(count === 1 ? "cls.output" : `cls.output.${index}`, head.output),
  ];
}

export function floats(name: string, tensor: FloatTensor): PlannedTensor {
  return { name, type: "F32", shape: [...tensor.shape].reverse(), source: { kind: "floats", tensor } };
}
