import { checkChoice, checkFunction, checkNames, checkPath, type OptionNames } from "../arguments.js";
import { checkSignal } from "../async/signals.js";
import { describe, invalidArgument, listed } from "../errors.js";
import { isStorable } from "../gguf/metadata.js";
import { isTensorType, type TensorType, tensorTypes } from "../gguf/tensor-types.js";
import { checkTemplate } from "../instructions/template.js";
import type { HeadOptions, TaskOptions } from "./heads/options.js";
import type { WriteOptions } from "./output/tensor-data.js";

/** Options of both conversions. */
export interface OutputOptions extends HeadOptions, TaskOptions, WriteOptions {
  /** The GGUF file to write. It replaces an existing file once it is complete. */
  readonly output: string;
  /**
   * VANER2's file of heads, one for each entity type. Default: `saved.pt` in the folder of the last adapter, or of
   * the checkpoint, if there is one. `false`: write no head, as a base for adapters.
   */
  readonly heads?: string | false | undefined;
  /** The model's name. Default: the name of the folder. */
  readonly name?: string | undefined;
  /** Stops the conversion. The promise then rejects with the signal's reason, and no file is left behind. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link convertCheckpoint}. */
export interface ConvertOptions extends OutputOptions {
  /** A folder as written by transformers' `save_pretrained`: config.json, weights, tokenizer. */
  readonly checkpoint: string;
  /** Folders of peft LoRA adapters. They are merged into the weights in this order. Default: none. */
  readonly adapters?: readonly string[] | undefined;
  /**
   * Type of the matrices: `"f32"`, `"f16"`, `"bf16"`, `"q8_0"` and so on. Norms, biases and heads are always F32.
   * Default: the type of most of the checkpoint's weights, so that nothing is lost.
   */
  readonly type?: string | undefined;
  /**
   * What the file says of 8-bit products (`vaner.int8_scales`), for recognizers that are not told otherwise: as
   * `LoadOptions.int8Scales`. Default: nothing, which means `"blocks"`.
   */
  readonly int8Scales?: "blocks" | "rows" | undefined;
}

/** Options of {@link convertAdapter}. Labels and instructions matter only if the adapter brings a head. */
export interface ConvertAdapterOptions extends OutputOptions {
  /** The folder of a peft LoRA adapter. */
  readonly adapter: string;
  /** The folder of the checkpoint that it was trained on. Its weights are not read. */
  readonly base: string;
}

const outputOptionNames: OptionNames<OutputOptions> = {
  output: true,
  heads: true,
  labels: true,
  entityType: true,
  tagTokens: true,
  causal: true,
  template: true,
  adaptiveTemplate: true,
  trained: true,
  maxTokens: true,
  name: true,
  onProgress: true,
  signal: true,
};

const convertOptionNames: OptionNames<ConvertOptions> = {
  checkpoint: true,
  adapters: true,
  type: true,
  int8Scales: true,
  ...outputOptionNames,
};

const convertAdapterOptionNames: OptionNames<ConvertAdapterOptions> = {
  adapter: true,
  base: true,
  ...outputOptionNames,
};

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` */
export function checkConvertOptions(options: ConvertOptions): void {
  checkNames("convertCheckpoint", options, convertOptionNames);
  checkPath("checkpoint", options.checkpoint);
  for (const folder of strings("adapters", options.adapters)) checkPath("adapters", folder);
  checkChoice("int8Scales", options.int8Scales, ["blocks", "rows"]);
  checkOutputOptions(options);
}

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` */
export function checkConvertAdapterOptions(options: ConvertAdapterOptions): void {
  checkNames("convertAdapter", options, convertAdapterOptionNames);
  checkPath("adapter", options.adapter);
  checkPath("base", options.base);
  checkOutputOptions(options);
}

/**
 * The type of tensors by its name, in upper or lower case.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function readTensorType(type: unknown): TensorType {
  const name = typeof type === "string" ? type.toUpperCase() : "";
  if (isTensorType(name)) return name;
  throw invalidArgument(
    `\`type\` must be one of ${listed(Object.keys(tensorTypes).map((known) => known.toLowerCase()))}, not ${describe(type)}; for mixtures such as Q4_K_M use \`vaner quantize\`.`,
  );
}

function checkOutputOptions(options: OutputOptions): void {
  checkPath("output", options.output);
  if (options.heads !== undefined && options.heads !== false) checkPath("heads", options.heads);
  for (const label of strings("labels", options.labels)) checkNotEmpty("labels", label);
  for (const pair of strings("trained", options.trained)) {
    const colon = pair.lastIndexOf(":");
    if (colon < 1 || colon === pair.length - 1) {
      throw invalidArgument(`\`trained\` must hold pairs such as "ncbi:Disease", not ${describe(pair)}.`);
    }
    checkStorable("trained", pair);
  }
  for (const key of ["entityType", "name"] as const) {
    if (options[key] !== undefined) checkNotEmpty(key, options[key]);
  }
  for (const key of ["template", "adaptiveTemplate"] as const) {
    const template = options[key];
    if (template === undefined || template === "") continue;
    checkTemplate(template);
    checkStorable(key, template);
  }
  const { causal, tagTokens, maxTokens, onProgress, signal } = options;
  for (const [key, value] of Object.entries({ causal, tagTokens })) {
    if (value !== undefined && typeof value !== "boolean") {
      throw invalidArgument(`\`${key}\` must be true or false, not ${describe(value)}.`);
    }
  }
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens >= 2)) {
    throw invalidArgument(`\`maxTokens\` must be a whole number from 2, not ${describe(maxTokens)}.`);
  }
  checkFunction("onProgress", onProgress);
  checkSignal(signal);
}

function strings(key: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    throw invalidArgument(`\`${key}\` must be an array of strings, not ${describe(value)}.`);
  }
  const wrong = value.find((item) => typeof item !== "string");
  if (wrong === undefined) return value;
  throw invalidArgument(`\`${key}\` must hold strings, not ${describe(wrong)}.`);
}

function checkNotEmpty(key: string, value: unknown): void {
  if (typeof value !== "string" || value === "") {
    throw invalidArgument(`\`${key}\` must be a string that is not empty, not ${describe(value)}.`);
  }
  checkStorable(key, value);
}

function checkStorable(key: string, text: string): void {
  if (isStorable(text)) return;
  throw invalidArgument(
    `\`${key}\` holds ${describe(text)}, with a NUL or half a surrogate pair, which no GGUF file can hold.`,
  );
}
