import { join } from "node:path";
import { describe } from "../../errors.js";
import { checkpointError } from "../errors.js";
import {
  type JsonObject,
  optionalBoolean,
  optionalCount,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
  ownValue,
  readJsonObject,
  required,
} from "../json.js";

/** What `adapter_config.json` says about a LoRA adapter. */
export interface AdapterConfig {
  /** The file, for messages. */
  readonly file: string;
  /** `base_model_name_or_path`: a folder of whoever trained it, or a name on a hub. */
  readonly baseModel: string | undefined;
  /** peft's name of the task, such as `TOKEN_CLS`. */
  readonly taskType: string | undefined;
  /** Rank of the modules that {@link rankPattern} does not name. At least 1. */
  readonly rank: number;
  /** Finite; of the modules that {@link alphaPattern} does not name. */
  readonly alpha: number;
  /** Whether updates are scaled by alpha / √rank instead of alpha / rank. */
  readonly rankStabilized: boolean;
  /** Ranks and alphas of some modules, by patterns as `matchPatterns` takes them. */
  readonly rankPattern: ReadonlyMap<string, number>;
  readonly alphaPattern: ReadonlyMap<string, number>;
  /** Ends of the names of modules that were trained as a whole. */
  readonly savedModules: readonly string[];
}

/** Bytes; real ones have some kilobytes. */
const largest = 2 ** 22;

/** What to do about an adapter that is more than low-rank updates. */
export const mergeFirst = "Merge the adapter with peft's merge_and_unload, save the model, and convert that.";

/** Settings that are read here, or that matter in training only and leave their traces in the tensors. */
const understood = new Set([
  "alpha_pattern",
  "auto_mapping",
  "base_model_name_or_path",
  "bias",
  "corda_config",
  "ensure_weight_tying",
  "eva_config",
  "exclude_modules",
  "inference_mode",
  "init_lora_weights",
  "layers_pattern",
  "layers_to_transform",
  "loftq_config",
  "lora_alpha",
  "lora_dropout",
  "lora_ga_config",
  "megatron_core",
  "merge_weights",
  "modules_to_save",
  "peft_type",
  "peft_version",
  "qalora_group_size",
  "r",
  "rank_pattern",
  "revision",
  "runtime_config",
  "target_modules",
  "task_type",
  "use_rslora",
  "velora_config",
]);

/** Values of `init_lora_weights` that leave the base's weights as they are. The others train on a changed base. */
const harmlessStarts = new Set<unknown>([
  undefined,
  null,
  true,
  false,
  "gaussian",
  "eva",
  "orthogonal",
  "mica",
]);

/**
 * Reads the configuration of a LoRA adapter that peft saved. Whatever is set there and could change
 * the result in ways that are not known here is refused, settings of later versions of peft included.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export async function readAdapterConfig(folder: string): Promise<AdapterConfig> {
  const file = join(folder, "adapter_config.json");
  return parseAdapterConfig(await readJsonObject(file, largest), file);
}

function parseAdapterConfig(config: JsonObject, file: string): AdapterConfig {
  const kind = required(optionalString, config, "peft_type", file);
  if (kind !== "LORA") {
    throw checkpointError(`${file}: "peft_type" is ${describe(kind)}; only LORA is converted. ${mergeFirst}`);
  }
  const bias = optionalString(config, "bias", file) ?? "none";
  if (bias !== "none") {
    throw checkpointError(
      `${file}: "bias" is ${describe(bias)}: adapters that change biases are not converted. ${mergeFirst}`,
    );
  }
  checkStart(config, file);
  for (const [key, value] of Object.entries(config)) {
    if (understood.has(key) || isOff(value)) continue;
    throw checkpointError(
      `${file}: ${describe(key)} is ${describe(value)}: adapters with this setting are not converted. ${mergeFirst}`,
    );
  }
  return {
    file,
    baseModel: optionalString(config, "base_model_name_or_path", file),
    taskType: optionalString(config, "task_type", file),
    rank: checkRank(required(optionalCount, config, "r", file), "r", file),
    alpha: checkAlpha(required(optionalNumber, config, "lora_alpha", file), "lora_alpha", file),
    rankStabilized: optionalBoolean(config, "use_rslora", file) ?? false,
    rankPattern: readPattern(config, "rank_pattern", file, optionalCount, checkRank),
    alphaPattern: readPattern(config, "alpha_pattern", file, optionalNumber, checkAlpha),
    savedModules: optionalStrings(config, "modules_to_save", file) ?? [],
  };
}

/** PiSSA and its like subtract the adapter's first state from the base, which is not in the files. */
function checkStart(config: JsonObject, file: string): void {
  const start = ownValue(config, "init_lora_weights");
  if (harmlessStarts.has(start)) return;
  throw checkpointError(
    `${file}: "init_lora_weights" is ${describe(start)}: the adapter belongs to a base whose weights were ` +
      "changed before training. Save it with peft's path_initial_model_for_weight_conversion, or merge it with " +
      "merge_and_unload, save the model, and convert that.",
  );
}

function readPattern(
  config: JsonObject,
  key: string,
  file: string,
  read: typeof optionalNumber,
  check: (value: number, key: string, file: string) => number,
): Map<string, number> {
  const patterns = optionalObject(config, key, file) ?? {};
  return new Map(
    Object.keys(patterns).map((pattern) => [
      pattern,
      check(required(read, patterns, pattern, file), pattern, file),
    ]),
  );
}

function checkRank(rank: number, key: string, file: string): number {
  if (rank >= 1) return rank;
  throw checkpointError(`${file}: the rank ${describe(key)} is ${rank}; ranks are 1 or more.`);
}

function checkAlpha(alpha: number, key: string, file: string): number {
  if (Number.isFinite(alpha)) return alpha;
  throw checkpointError(`${file}: the alpha ${describe(key)} is ${alpha}; it must be a finite number.`);
}

/** How peft writes what is not in use. */
function isOff(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return !value;
}
