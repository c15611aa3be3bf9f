import { describe } from "../../errors.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { readConfig } from "../checkpoint/folder.js";

/** What `adapter_config.json` says about a LoRA adapter. */
export interface AdapterConfig {
  /** Path of the file, for messages. */
  readonly file: string;
  /** `base_model_name_or_path`: a folder on the trainer's machine, or a name on a hub. */
  readonly baseModel: string | undefined;
  /** peft's name of the task, such as `TOKEN_CLS`. */
  readonly taskType: string | undefined;
  /** Rank, at least 1. Applies to modules that {@link rankPattern} does not match. */
  readonly rank: number;
  /** Alpha, finite. Applies to modules that {@link alphaPattern} does not match. */
  readonly alpha: number;
  /** Whether updates are scaled by alpha / √rank instead of alpha / rank. */
  readonly rankStabilized: boolean;
  /** Ranks and alphas of some modules, by the patterns of `matchPatterns`. */
  readonly rankPattern: ReadonlyMap<string, number>;
  readonly alphaPattern: ReadonlyMap<string, number>;
  /** Suffixes of the names of modules that were trained as a whole. */
  readonly savedModules: readonly string[];
}

/** Bytes. Real files have a few kilobytes. */
const largest = 2 ** 22;

/** The remedy for adapters that are more than low-rank updates. */
export const mergeFirst = "Merge the adapter with peft's merge_and_unload, save the model, and convert that.";

/** Settings that are read here, or that matter only in training. */
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

/** Values of `init_lora_weights` that leave the base's weights unchanged. */
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
 * Reads the configuration of a LoRA adapter that peft saved. Refuses every unknown setting that is in use, since it
 * could change the result: those of later versions of peft too.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export async function readAdapterConfig(folder: string): Promise<AdapterConfig> {
  const config = await readConfig(folder, "adapter_config.json", largest);
  const kind = config.required("peft_type", "string");
  if (kind !== "LORA") {
    throw config.error(`"peft_type" is ${describe(kind)}; only LORA is converted. ${mergeFirst}`);
  }
  const bias = config.optional("bias", "string") ?? "none";
  if (bias !== "none") {
    throw config.error(
      `"bias" is ${describe(bias)}: adapters that change biases are not converted. ${mergeFirst}`,
    );
  }
  checkStart(config);
  for (const [key, value] of config.entries()) {
    if (understood.has(key) || isOff(value)) continue;
    throw config.error(
      `${describe(key)} is ${describe(value)}: adapters with this setting are not converted. ${mergeFirst}`,
    );
  }
  return {
    file: config.path,
    baseModel: config.optional("base_model_name_or_path", "string"),
    taskType: config.optional("task_type", "string"),
    rank: checkRank(config.required("r", "count"), "r", config),
    alpha: checkAlpha(config.required("lora_alpha", "number"), "lora_alpha", config),
    rankStabilized: config.optional("use_rslora", "boolean") ?? false,
    rankPattern: readPattern(config.optionalObject("rank_pattern"), "count", checkRank),
    alphaPattern: readPattern(config.optionalObject("alpha_pattern"), "number", checkAlpha),
    savedModules: config.optional("modules_to_save", "strings") ?? [],
  };
}

/** PiSSA and similar methods subtract the adapter's initial state from the base, and the files do not hold it. */
function checkStart(config: ConfigObject): void {
  const start = config.value("init_lora_weights");
  if (harmlessStarts.has(start)) return;
  throw config.error(
    `"init_lora_weights" is ${describe(start)}: the adapter belongs to a base whose weights were changed ` +
      "before training. Save it with peft's path_initial_model_for_weight_conversion, or merge it with " +
      "merge_and_unload, save the model, and convert that.",
  );
}

function readPattern(
  patterns: ConfigObject | undefined,
  kind: "count" | "number",
  check: (value: number, key: string, config: ConfigObject) => number,
): Map<string, number> {
  if (!patterns) return new Map();
  return new Map(
    patterns.keys().map((pattern) => [pattern, check(patterns.required(pattern, kind), pattern, patterns)]),
  );
}

function checkRank(rank: number, key: string, config: ConfigObject): number {
  if (rank >= 1) return rank;
  throw config.error(`the rank ${describe(key)} is ${rank}; ranks are 1 or more.`);
}

function checkAlpha(alpha: number, key: string, config: ConfigObject): number {
  if (Number.isFinite(alpha)) return alpha;
  throw config.error(`the alpha ${describe(key)} is ${alpha}; it must be a finite number.`);
}

/** Whether a value is one that peft writes for a setting that is not in use. */
function isOff(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return !value;
}
