import { describe } from "../../errors.js";
import type { ConfigObject } from "./config-object.js";
import { positive, within } from "./numbers.js";

/** What ModernBERT has beside what all encoders have. */
export interface ModernBertShape {
  /** [layers] whether a token sees only those around it. */
  readonly local: readonly boolean[];
  /** Tokens that it sees there, half of them on each side. */
  readonly window: number;
  /** Base of the rotary frequencies of such layers. */
  readonly localRopeBase: number;
  readonly vocabulary: "modern-bert";
  readonly tokenTypes: 0;
}

/** Values of configurations that do not say them, in transformers. */
const defaults = { window: 128, everyLayers: 3, ropeBase: 160_000, localRopeBase: 10_000 };

/** Of windows in tokens, and of distances in layers. */
const largest = 2 ** 28;

/**
 * Reads what a ModernBERT has.
 * @param layers number of its layers
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for a feature that the encoder lacks, by name
 */
export function readModernBertShape(config: ConfigObject, layers: number) {
  refuseOthers(config);
  const ropeBase = ropeBaseOf(config, "full_attention", "global_rope_theta", defaults.ropeBase);
  const usual = config.value("local_rope_theta") === null ? ropeBase : defaults.localRopeBase;
  const shape: ModernBertShape = {
    local: localLayers(config, layers),
    window: within(config, "local_attention", defaults.window, largest),
    localRopeBase: ropeBaseOf(config, "sliding_attention", "local_rope_theta", usual),
    vocabulary: "modern-bert",
    tokenTypes: 0,
  };
  return { ropeBase, shape };
}

function refuseOthers(config: ConfigObject): void {
  for (const key of ["hidden_activation", "classifier_activation"]) {
    const activation = config.optional(key, "string") ?? "gelu";
    if (activation === "gelu") continue;
    throw config.error(`the activation ${describe(activation)} (${key}) is not supported, only "gelu".`);
  }
  for (const key of ["norm_bias", "attention_bias", "mlp_bias"]) {
    if (!config.optional(key, "boolean")) continue;
    throw config.error(
      `biases of this kind (${key}) are not supported: train the model with ${key} false, as the published ones are.`,
    );
  }
}

/** Newer configurations name the kind of each layer, older ones the distance between layers with full attention. */
function localLayers(config: ConfigObject, layers: number): boolean[] {
  const types = config.optional("layer_types", "array");
  if (!types) {
    const every = within(config, "global_attn_every_n_layers", defaults.everyLayers, largest);
    return Array.from({ length: layers }, (_, layer) => layer % every !== 0);
  }
  if (types.length !== layers) {
    throw config.error(`"layer_types" has ${types.length} entries for ${layers} layers.`);
  }
  return types.map((type) => {
    if (type === "sliding_attention" || type === "full_attention") return type === "sliding_attention";
    throw config.error(`layers of type ${describe(type)} are not supported.`);
  });
}

/** The base of the rotary frequencies of a kind of layers, in the newer or the older spelling. */
function ropeBaseOf(config: ConfigObject, kind: string, older: string, usual: number): number {
  const all = config.optionalObject("rope_parameters") ?? config.optionalObject("rope_scaling");
  if (all && [...all.keys()].some((key) => key !== "full_attention" && key !== "sliding_attention")) {
    throw config.error(
      'RoPE parameters for all layers together are not supported, only those of "full_attention" and "sliding_attention" in "rope_parameters".',
    );
  }
  const own = all?.optionalObject(kind);
  const type = own?.optional("rope_type", "string") ?? "default";
  if (type !== "default") {
    throw config.error(`RoPE scaling of type ${describe(type)} is not supported in ModernBERT.`);
  }
  if ((own?.optional("partial_rotary_factor", "number") ?? 1) !== 1) {
    throw config.error("a partial_rotary_factor is not supported: all elements of a head are rotated.");
  }
  const isNewer = own !== undefined && own.value("rope_theta") !== undefined;
  return isNewer ? positive(own, "rope_theta", usual) : positive(config, older, usual);
}
