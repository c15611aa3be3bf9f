import { checkSignal } from "../async/signals.js";
import { describe, invalidArgument, listed } from "../errors.js";
import { type TensorType, tensorTypes } from "../gguf/tensor-types.js";
import { checkTemplate } from "../instructions/template.js";

/** Options of {@link convertCheckpoint}. */
export interface ConvertOptions {
  /** A folder as transformers' `save_pretrained` writes it: config.json, weights, tokenizer. */
  readonly checkpoint: string;
  /** Folders of peft LoRA adapters, merged into the weights in this order. Default: none. */
  readonly adapters?: readonly string[];
  /**
   * VANER2's file of heads, one per entity type. Default: `saved.pt` in the folder of the last
   * adapter or of the checkpoint, if there is one. `false`: no head at all, a base for adapters.
   */
  readonly heads?: string | false;
  /** The GGUF file to write; a file there is replaced when the new one is complete. */
  readonly output: string;
  /**
   * Type of the matrices: `"f32"`, `"f16"`, `"bf16"`, `"q8_0"` and so on. Norms, biases and heads are
   * always F32. Default: that of most of the checkpoint's weights, so that nothing is lost.
   */
  readonly type?: string;
  /** Labels of the head in row order, such as `["O", "B", "I"]`. Default: those of the configuration. */
  readonly labels?: readonly string[];
  /** The entity type that a head finds whose labels name none. Default: whatever an instruction asks for. */
  readonly entityType?: string;
  /** Whether a token sees only what precedes it. Default: by the class that the checkpoint was trained as. */
  readonly causal?: boolean;
  /** The instruction that the model was trained with, with `{entityType}` and `{dataset}` where these names go. */
  readonly template?: string;
  /** The same for texts of no particular dataset. */
  readonly adaptiveTemplate?: string;
  /** `dataset:Type` pairs that the model was trained on. Default: VANER's, for a model with its instruction. */
  readonly trained?: readonly string[];
  /** Longest sequence seen in training, in tokens. Default: VANER's 128, or VANER2's 512. */
  readonly maxTokens?: number;
  /** The model's name. Default: that of the folder. */
  readonly name?: string;
  /** Called on the way with the share that is written, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Stops the conversion; the promise then rejects with the signal's reason, and nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` */
export function checkConvertOptions(options: ConvertOptions): void {
  for (const key of ["checkpoint", "output"] as const) checkPath(key, options[key]);
  for (const folder of texts("adapters", options.adapters)) checkPath("adapters", folder);
  if (options.heads !== undefined && options.heads !== false) checkPath("heads", options.heads);
  for (const label of texts("labels", options.labels)) checkText("labels", label);
  for (const pair of texts("trained", options.trained)) {
    if (!/^.+:[^:]+$/.test(pair)) {
      throw invalidArgument(`\`trained\` must hold pairs such as "ncbi:Disease", not ${describe(pair)}.`);
    }
  }
  for (const key of ["entityType", "name"] as const) {
    if (options[key] !== undefined) checkText(key, options[key]);
  }
  for (const template of [options.template, options.adaptiveTemplate]) {
    if (template !== undefined && template !== "") checkTemplate(template);
  }
  const { causal, maxTokens, onProgress, signal } = options;
  if (causal !== undefined && typeof causal !== "boolean") {
    throw invalidArgument(`\`causal\` must be true or false, not ${describe(causal)}.`);
  }
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens >= 2)) {
    throw invalidArgument(`\`maxTokens\` must be a whole number from 2, not ${describe(maxTokens)}.`);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidArgument(`\`onProgress\` must be a function, not ${describe(onProgress)}.`);
  }
  checkSignal(signal);
}

/**
 * The type of tensors by a name in any case.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function readTensorType(type: unknown): TensorType {
  const name = typeof type === "string" ? type.toUpperCase() : "";
  if (Object.hasOwn(tensorTypes, name)) return name as TensorType;
  throw invalidArgument(
    `\`type\` must be one of ${listed(Object.keys(tensorTypes).map((known) => known.toLowerCase()))}, not ${describe(type)}; for mixtures such as Q4_K_M use \`vaner quantize\`.`,
  );
}

function texts(key: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw invalidArgument(`\`${key}\` must be an array of texts, not ${describe(value)}.`);
}

function checkText(key: string, value: unknown): void {
  if (typeof value !== "string" || value === "") {
    throw invalidArgument(`\`${key}\` must be a text that is not empty, not ${describe(value)}.`);
  }
}

export function checkPath(key: string, value: unknown): void {
  if (typeof value !== "string" || value === "" || value.includes("\0")) {
    throw invalidArgument(`\`${key}\` must be a path, not ${describe(value)}.`);
  }
}
