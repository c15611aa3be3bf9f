import { describe, listed } from "../../errors.js";
import { type BertShape, bertModels, readBertShape } from "./bert-shape.js";
import type { ConfigObject } from "./config-object.js";
import { type ModernBertShape, readModernBertShape } from "./modernbert-shape.js";
import { positive, within } from "./numbers.js";
import { floatsOf } from "./quantized.js";
import { reasonAgainst } from "./unsupported.js";

/** The shape of an encoder, from its configuration. */
export interface Shape {
  readonly layers: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly vocabulary: number;
  /** Longest sequence with full attention, in tokens. */
  readonly context: number;
  readonly epsilon: number;
  readonly ropeBase: number;
  readonly ropeScaling: RopeScaling;
  /** Whether queries and keys have an RMS norm for each head. */
  readonly headNorms?: boolean;
  /** What encoders of BERT's family have beside it; undefined for others. */
  readonly bert?: BertShape;
  /** What ModernBERT has beside it; undefined for others. */
  readonly modernBert?: ModernBertShape;
}

/** How rotary frequencies are stretched for contexts longer than those of pre-training. */
export type RopeScaling =
  | { readonly kind: "none" }
  | { readonly kind: "linear"; readonly factor: number }
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    };

/** Types of models with LLaMA's graph. */
const llamaModels = ["llama", "mistral", "qwen2", "qwen3"];

const modernBert = "modernbert";

/** Limits of the engine. */
const largestExtent = 1 << 20;
const mostLayers = 512;
const longestContext = 1 << 28;
const largestVocabulary = 1 << 24;

/** Values of configurations that do not say them, in transformers. */
const qwen3HeadSize = 128;
const bertEpsilon = 1e-12;
const modernBertEpsilon = 1e-5;

/**
 * Reads the shape of a checkpoint.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for another architecture, or a feature that the encoder lacks, by name
 */
export function readShape(config: ConfigObject): Shape {
  const model = modelOf(config);
  if (bertModels.includes(model)) return bertShape(config, model);
  if (model === modernBert) return modernBertShape(config);
  refuseOthers(config);
  const extent = extents(config);
  const embedding = extent("hidden_size");
  const heads = extent("num_attention_heads");
  const keyValueHeads = extent("num_key_value_heads", heads);
  const headSize = extent("head_dim", model === "qwen3" ? qwen3HeadSize : embedding / heads);
  checkHeads(config, embedding, heads, keyValueHeads, headSize);
  const context = extent("max_position_embeddings", undefined, longestContext);
  const rope = ropeParameters(config);
  return {
    layers: extent("num_hidden_layers", undefined, mostLayers),
    embedding,
    feedForward: extent("intermediate_size"),
    heads,
    keyValueHeads,
    headSize,
    vocabulary: extent("vocab_size", undefined, largestVocabulary),
    // Sequences within a sliding window have full attention.
    context: Math.min(context, slidingWindow(config) || context),
    epsilon: positive(config, "rms_norm_eps"),
    ropeBase: rope.base,
    ropeScaling: rope.scaling,
    ...(model === "qwen3" && { headNorms: true }),
  };
}

function bertShape(config: ConfigObject, model: string): Shape {
  refuseQuantized(config);
  const extent = extents(config);
  const { keys, shape: bert, epsilonFallback } = readBertShape(config, model, extent);
  const embedding = extent(keys.embedding);
  const heads = extent(keys.heads);
  checkHeads(config, embedding, heads, heads, embedding / heads);
  const positions = extent("max_position_embeddings", undefined, longestContext);
  if (positions <= bert.unusedPositions) {
    throw config.error(`max_position_embeddings is ${positions}: none are left behind the padding's.`);
  }
  return {
    layers: extent(keys.layers, undefined, mostLayers),
    embedding,
    feedForward: extent(keys.feedForward),
    heads,
    keyValueHeads: heads,
    headSize: embedding / heads,
    vocabulary: extent("vocab_size", undefined, largestVocabulary),
    context: positions - bert.unusedPositions,
    epsilon: positive(config, "layer_norm_eps", epsilonFallback ?? bertEpsilon),
    ropeBase: 10_000,
    ropeScaling: { kind: "none" },
    bert,
  };
}

function modernBertShape(config: ConfigObject): Shape {
  refuseQuantized(config);
  const extent = extents(config);
  const embedding = extent("hidden_size");
  const heads = extent("num_attention_heads");
  checkHeads(config, embedding, heads, heads, embedding / heads);
  const layers = extent("num_hidden_layers", undefined, mostLayers);
  const { ropeBase, shape } = readModernBertShape(config, layers);
  return {
    layers,
    embedding,
    feedForward: extent("intermediate_size"),
    heads,
    keyValueHeads: heads,
    headSize: embedding / heads,
    vocabulary: extent("vocab_size", undefined, largestVocabulary),
    context: extent("max_position_embeddings", undefined, longestContext),
    epsilon: positive(config, "norm_eps", modernBertEpsilon),
    ropeBase,
    ropeScaling: { kind: "none" },
    modernBert: shape,
  };
}

/** Whether an encoder is of BERT's kind: it tags words between a first and a last token, seen from all sides. */
export function isOfBertKind({ bert, modernBert }: Shape): boolean {
  return bert !== undefined || modernBert !== undefined;
}

/** Whether a matrix makes the embeddings as wide as the layers. */
export function projectsEmbeddings({ bert, embedding }: Shape): boolean {
  return bert !== undefined && bert.embeddingWidth !== embedding;
}

function extents(config: ConfigObject) {
  return (key: string, fallback?: number, limit = largestExtent) => within(config, key, fallback, limit);
}

function checkHeads(
  config: ConfigObject,
  embedding: number,
  heads: number,
  keyValueHeads: number,
  headSize: number,
): void {
  if (Number.isInteger(headSize) && headSize % 2 === 0 && heads % keyValueHeads === 0) return;
  throw config.error(
    `${heads} heads of ${headSize} and ${keyValueHeads} key-value heads do not make up a hidden_size of ${embedding}; such a shape is not supported.`,
  );
}

/** Qwen's configurations name a window that they do not use. */
function slidingWindow(config: ConfigObject): number | undefined {
  if (config.optional("use_sliding_window", "boolean") === false) return undefined;
  return config.optional("sliding_window", "count");
}

function modelOf(config: ConfigObject): string {
  const model = config.required("model_type", "string");
  const known = [...llamaModels, ...bertModels, modernBert];
  if (known.includes(model)) return model;
  throw config.error(
    `a model of type ${describe(model)} is not supported: ${reasonAgainst(model) ?? `only ${listed(known)} are.`}`,
  );
}

function refuseOthers(config: ConfigObject): void {
  const activation = config.optional("hidden_act", "string") ?? "silu";
  if (activation !== "silu" && activation !== "swish") {
    throw config.error(`the activation ${describe(activation)} is not supported, only "silu".`);
  }
  refuseQuantized(config);
  const layers = config.optional("layer_types", "array") ?? [];
  const odd = layers.find((type) => type !== "full_attention" && type !== "sliding_attention");
  if (odd !== undefined) throw config.error(`layers of type ${describe(odd)} are not supported.`);
  refusePartialRotation(config);
}

function refuseQuantized(config: ConfigObject): void {
  const quantization = config.optionalObject("quantization_config");
  if (quantization)
    throw config.error(`the weights are quantized (quantization_config). ${floatsOf(quantization)}`);
}

function refusePartialRotation(config: ConfigObject): void {
  if ((config.optional("partial_rotary_factor", "number") ?? 1) === 1) return;
  throw config.error("a partial_rotary_factor is not supported: all elements of a head are rotated.");
}

/** Newer checkpoints have all about positions in `rope_parameters`, older ones in `rope_theta` and `rope_scaling`. */
function ropeParameters(config: ConfigObject): { base: number; scaling: RopeScaling } {
  const parameters = config.optionalObject("rope_parameters");
  if (parameters) refusePartialRotation(parameters);
  const scaling = parameters ?? config.optionalObject("rope_scaling");
  const owner = parameters?.optional("rope_theta", "number") === undefined ? config : parameters;
  return {
    base: positive(owner, "rope_theta", 10_000),
    scaling: scaling ? readScaling(scaling) : { kind: "none" },
  };
}

function readScaling(scaling: ConfigObject): RopeScaling {
  const type = scaling.optional("rope_type", "string") ?? scaling.required("type", "string");
  switch (type) {
    case "default":
      return { kind: "none" };
    case "linear":
      return { kind: "linear", factor: positive(scaling, "factor") };
    case "llama3": {
      const [low, high] = [positive(scaling, "low_freq_factor"), positive(scaling, "high_freq_factor")];
      if (high <= low) {
        throw scaling.error(`high_freq_factor is ${high}, not above the low_freq_factor of ${low}.`);
      }
      return {
        kind: "llama3",
        factor: positive(scaling, "factor"),
        lowFrequencyFactor: low,
        highFrequencyFactor: high,
        originalContext: positive(scaling, "original_max_position_embeddings"),
      };
    }
    default:
      throw scaling.error(
        `RoPE scaling of type ${describe(type)} is not supported, only "linear" and "llama3".`,
      );
  }
}
