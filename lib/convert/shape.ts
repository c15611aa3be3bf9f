import { describe, listed } from "../errors.js";
import { checkpointError } from "./errors.js";
import {
  type JsonObject,
  optionalArray,
  optionalCount,
  optionalNumber,
  optionalObject,
  optionalString,
  ownValue,
  required,
} from "./json.js";

/** The shape of a LLaMA encoder, in the terms of its configuration. */
export interface Shape {
  readonly layers: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly vocabulary: number;
  /** Longest sequence, in tokens, for which the attention is the full one. */
  readonly context: number;
  readonly epsilon: number;
  readonly ropeBase: number;
  readonly ropeScaling: RopeScaling;
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

const knownModels = ["llama", "mistral"];

/** The largest extent that the engine takes. */
const most = 1 << 20;

/**
 * Reads the configuration of a LLAMA-shaped checkpoint.
 * @param file the path that messages name
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where it is another architecture, or has a feature that
 *   the encoder does not compute; by name
 */
export function readShape(config: JsonObject, file: string): Shape {
  refuseOthers(config, file);
  const extent = (key: string, fallback?: number) => {
    const value =
      fallback === undefined ? required(optionalCount, config, key, file) : optionalCount(config, key, file);
    return within(value ?? (fallback as number), key, most, file);
  };
  const embedding = extent("hidden_size");
  const heads = extent("num_attention_heads");
  const keyValueHeads = extent("num_key_value_heads", heads);
  const headSize = extent("head_dim", embedding / heads);
  if (headSize * heads !== embedding || headSize % 2 !== 0 || heads % keyValueHeads !== 0) {
    throw checkpointError(
      `${file}: ${heads} heads of ${headSize} and ${keyValueHeads} key-value heads do not make up a hidden_size of ${embedding}; such a shape is not supported.`,
    );
  }
  const context = within(
    required(optionalCount, config, "max_position_embeddings", file),
    "max_position_embeddings",
    1 << 28,
    file,
  );
  const rope = ropeParameters(config, file);
  return {
    layers: within(
      required(optionalCount, config, "num_hidden_layers", file),
      "num_hidden_layers",
      512,
      file,
    ),
    embedding,
    feedForward: extent("intermediate_size"),
    heads,
    keyValueHeads,
    headSize,
    vocabulary: within(required(optionalCount, config, "vocab_size", file), "vocab_size", 1 << 24, file),
    // Within a sliding window all tokens see each other: up to there the full attention is the same.
    context: Math.min(context, optionalCount(config, "sliding_window", file) || context),
    epsilon: positive(required(optionalNumber, config, "rms_norm_eps", file), "rms_norm_eps", file),
    ropeBase: rope.base,
    ropeScaling: rope.scaling,
  };
}

function refuseOthers(config: JsonObject, file: string): void {
  const model = required(optionalString, config, "model_type", file);
  if (!knownModels.includes(model)) {
    throw checkpointError(
      `${file}: a model of type ${describe(model)} is not supported, only LLAMA-shaped ones (${listed(knownModels)}).`,
    );
  }
  const activation = optionalString(config, "hidden_act", file) ?? "silu";
  if (activation !== "silu" && activation !== "swish") {
    throw checkpointError(`${file}: the activation ${describe(activation)} is not supported, only "silu".`);
  }
  if (optionalObject(config, "quantization_config", file)) {
    throw checkpointError(
      `${file}: the checkpoint is quantized (quantization_config). Convert the unquantized one, and quantize the result with \`vaner quantize\`.`,
    );
  }
  const layers = optionalArray(config, "layer_types", file) ?? [];
  const odd = layers.find((type) => type !== "full_attention" && type !== "sliding_attention");
  if (odd !== undefined) {
    throw checkpointError(`${file}: layers of type ${describe(odd)} are not supported.`);
  }
  if ((optionalNumber(config, "partial_rotary_factor", file) ?? 1) !== 1) {
    throw checkpointError(`${file}: a partial_rotary_factor is not supported: all of a head is rotated.`);
  }
}

/** Newer checkpoints say all about positions in `rope_parameters`, older ones in `rope_theta` and `rope_scaling`. */
function ropeParameters(config: JsonObject, file: string): { base: number; scaling: RopeScaling } {
  const parameters = optionalObject(config, "rope_parameters", file);
  const scaling = parameters ?? optionalObject(config, "rope_scaling", file);
  const base =
    (parameters && optionalNumber(parameters, "rope_theta", file)) ??
    optionalNumber(config, "rope_theta", file) ??
    10000;
  if (((parameters && optionalNumber(parameters, "partial_rotary_factor", file)) ?? 1) !== 1) {
    throw checkpointError(`${file}: a partial_rotary_factor is not supported: all of a head is rotated.`);
  }
  return {
    base: positive(base, "rope_theta", file),
    scaling: scaling ? readScaling(scaling, file) : { kind: "none" },
  };
}

function readScaling(scaling: JsonObject, file: string): RopeScaling {
  const type = optionalString(scaling, "rope_type", file) ?? required(optionalString, scaling, "type", file);
  const number = (key: string) => positive(required(optionalNumber, scaling, key, file), key, file);
  switch (type) {
    case "default":
      return { kind: "none" };
    case "linear":
      return { kind: "linear", factor: number("factor") };
    case "llama3": {
      const [low, high] = [number("low_freq_factor"), number("high_freq_factor")];
      if (high <= low) {
        throw checkpointError(
          `${file}: high_freq_factor is ${high}, not above the low_freq_factor of ${low}.`,
        );
      }
      return {
        kind: "llama3",
        factor: number("factor"),
        lowFrequencyFactor: low,
        highFrequencyFactor: high,
        originalContext: number("original_max_position_embeddings"),
      };
    }
    default:
      throw checkpointError(
        `${file}: RoPE scaling of type ${describe(ownValue(scaling, "rope_type") ?? type)} is not supported, only "linear" and "llama3".`,
      );
  }
}

function within(value: number, key: string, limit: number, file: string): number {
  if (Number.isInteger(value) && value >= 1 && value <= limit) return value;
  throw checkpointError(`${file}: ${describe(key)} is ${value}, not a whole number from 1 to ${limit}.`);
}

function positive(value: number, key: string, file: string): number {
  if (Number.isFinite(value) && Math.fround(value) > 0 && Number.isFinite(Math.fround(value))) return value;
  throw checkpointError(`${file}: ${describe(key)} is ${value}, not a number above 0.`);
}
