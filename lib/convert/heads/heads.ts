import { listed } from "../../errors.js";
import { checkpointError } from "../checkpoint/errors.js";
import type { HeadLabels } from "./labels.js";

/** A tensor of a head, as numbers. */
export interface FloatTensor {
  /** Extents in PyTorch's order: rows first. */
  readonly shape: readonly number[];
  /** The elements of `count` rows from `first` on. */
  readFloats(first: number, count: number): Promise<Float32Array>;
}

/** y = W x + b */
export interface Linear {
  /** [outputs, inputs] */
  readonly weight: FloatTensor;
  /** [outputs] */
  readonly bias: FloatTensor | undefined;
}

/** A classifier on the final hidden states. */
export interface Head {
  /** Each is followed by an exact GELU. */
  readonly dense: readonly Linear[];
  /** Weight of the layer norm behind the only dense layer, in ModernBERT's head. */
  readonly norm?: FloatTensor;
  /** One row for each label. */
  readonly output: Linear;
  /** Number of labels. */
  readonly rows: number;
}

/** The heads of a checkpoint, and what their rows mean. */
export interface Classifier {
  /** `type`: the entity type in the labels' names, if they have one; `+` if the labels are tags of types. */
  readonly heads: readonly { readonly type: string | undefined; readonly head: Head }[];
  readonly labels: readonly string[];
  readonly tagging: HeadLabels["tagging"];
  /** Whether the class of the checkpoint has a causal mask. */
  readonly causal: boolean;
  /** Plain name of the head's module, if it is one of the checkpoint's weights. */
  readonly module: string | undefined;
  /** What the checkpoint says of its instruction, sequences and segmentation. */
  readonly template?: string;
  readonly maxTokens?: number;
  readonly words?: string;
  close(): Promise<void>;
}

/** Tensors by plain name. */
export interface FloatWeights {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  readonly unreadable: ReadonlyMap<string, string>;
  readFloats(name: string, first: number, count: number): Promise<Float32Array>;
}

/** Names of linear heads: `classifier` in VANER and LS-LLaMA, `score` in transformers. */
export const headNames = ["classifier", "score"] as const;

export type HeadName = (typeof headNames)[number];

/** Modules of ModernBERT's head in front of its classifier: a dense layer with a GELU, and a layer norm. */
export const predictionHeadNames = ["head.dense", "head.norm"] as const;

/**
 * Finds the head of a ModernBERT.
 * @throws as {@link findLinearHead}
 */
export function findPredictionHead(weights: FloatWeights, embedding: number, folder: string) {
  const { name, head } = findLinearHead(weights, embedding, folder);
  const [dense, norm] = predictionHeadNames;
  const weight = tensorOf(weights, `${norm}.weight`, folder);
  if (weight.shape.length !== 1 || weight.shape[0] !== embedding) {
    throw checkpointError(
      `${folder}: ${norm}.weight has the shape [${weight.shape.join(", ")}], but the encoder has ${embedding} values.`,
    );
  }
  const layer = linearOf(weights, dense, folder);
  if (layer.weight.shape[0] !== embedding) {
    throw checkpointError(
      `${folder}: ${dense}.weight has ${layer.weight.shape[0]} rows, but the encoder has ${embedding} values.`,
    );
  }
  return { name, head: { ...makeHead([layer], head.output, embedding, folder), norm: weight } };
}

/**
 * Finds the linear head of a checkpoint.
 * @param folder named in messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` unless there is exactly one, and it fits the encoder
 */
export function findLinearHead(
  weights: FloatWeights,
  embedding: number,
  folder: string,
): { readonly name: HeadName; readonly head: Head } {
  const found = headNames.filter((name) => weights.tensors.has(`${name}.weight`));
  const [name, ...others] = found;
  if (name === undefined) throw noHead(weights, folder);
  if (others.length > 0) {
    throw checkpointError(`${folder} has several classifier heads: ${listed(found)}. Remove all but one.`);
  }
  return { name, head: makeHead([], linearOf(weights, name, folder), embedding, folder) };
}

function linearOf(weights: FloatWeights, name: string, folder: string): Linear {
  const weight = tensorOf(weights, `${name}.weight`, folder);
  const bias = `${name}.bias`;
  return { weight, bias: weights.tensors.has(bias) ? tensorOf(weights, bias, folder) : undefined };
}

function noHead({ unreadable }: FloatWeights, folder: string) {
  const names = headNames.map((name) => `${name}.weight`);
  const reasons = names.flatMap((name) => unreadable.get(name) ?? []);
  const detail = reasons.length > 0 ? ` that can be read (${reasons.join("; ")})` : ` (${listed(names)})`;
  return checkpointError(
    `${folder} has no classifier head${detail}. Pass the adapter that brings one (--adapter), VANER2's saved.pt (--heads), or convert it as a base for adapters (--no-head).`,
  );
}

/** @throws {VanerError} `ERR_VANER_CHECKPOINT` if there is no such tensor */
export function tensorOf(weights: FloatWeights, name: string, what: string): FloatTensor {
  const tensor = weights.tensors.get(name);
  if (!tensor) throw checkpointError(`${what} has no tensor ${name}.`);
  return { shape: tensor.shape, readFloats: (first, count) => weights.readFloats(name, first, count) };
}

/**
 * Makes a head of layers that must fit each other and the encoder's hidden states.
 * @param what names the head in messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export function makeHead(dense: readonly Linear[], output: Linear, embedding: number, what: string): Head {
  let inputs = embedding;
  for (const { weight, bias } of [...dense, output]) {
    const [outputs = 0, columns] = weight.shape;
    if (weight.shape.length !== 2 || columns !== inputs || outputs === 0) {
      throw checkpointError(
        `${what}: a layer of the head has the shape [${weight.shape.join(", ")}], but its input has ${inputs} values.`,
      );
    }
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outputs)) {
      throw checkpointError(
        `${what}: a bias of the head has the shape [${bias.shape.join(", ")}], but its layer has ${outputs} rows.`,
      );
    }
    inputs = outputs;
  }
  return { dense, output, rows: inputs };
}
