import type { VanerError } from "../../errors.js";
import { checkpointError } from "../checkpoint/errors.js";
import { isSuperfluous, plainName, quoted } from "../checkpoint/names.js";
import { isFloat } from "../weights/floats.js";
import type { StoredTensor, WeightSource } from "../weights/source.js";
import { type AdapterConfig, mergeFirst } from "./adapter-config.js";

/** The two stored factors of the update of a module's weight. */
export interface Factors {
  /** [rank, inputs] */
  readonly a: StoredTensor;
  /** [outputs, rank] */
  readonly b: StoredTensor;
}

/** The tensors of an adapter, by purpose. */
export interface AdapterTensors {
  /** By the full name of the module in the base model, such as `model.layers.0.self_attn.q_proj`. */
  readonly factors: ReadonlyMap<string, Factors>;
  /** Names of tensors that replace those of the base, by plain name. */
  readonly replaced: ReadonlyMap<string, string>;
}

/** Modules that peft may save whole without listing them in the configuration: heads and resized embeddings. */
const alwaysSaved = ["classifier", "score", "embed_tokens", "lm_head"];

/**
 * Sorts the tensors of an adapter by their names. peft leaves out the adapter's own name (`….q_proj.lora_A.weight`,
 * `….classifier.weight`); other ways to save keep it (`….q_proj.lora_A.default.weight`,
 * `….classifier.modules_to_save.default.weight`). Tensors that the encoder does not need are left out.
 * @param folder of the adapter, for messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for tensors of any other kind
 */
export function sortTensors(source: WeightSource, config: AdapterConfig, folder: string): AdapterTensors {
  for (const [name, reason] of source.unreadable) {
    throw checkpointError(`${folder}: the tensor ${quoted(name)} cannot be read: ${reason}.`);
  }
  const halves = { A: new Map<string, StoredTensor>(), B: new Map<string, StoredTensor>() };
  const replaced = new Map<string, string>();
  for (const tensor of source.tensors.values()) {
    if (tensor.name.includes(".original_module.")) continue; // the base's original, which peft keeps
    const name = tensor.name.replace(/^base_model\.model\./, "");
    const [, module, factor] = /^(.+)\.lora_([AB])(?:\.[^.]+)?\.weight$/.exec(name) ?? [];
    const whole = module ? `${module}.weight` : name.replace(/\.modules_to_save\.[^.]+\./, ".");
    const plain = plainName(whole);
    if (!module && !isSaved(whole, config)) throw unknown(folder, tensor.name);
    if (!isFloat(tensor.type)) {
      throw checkpointError(
        `${folder}: the tensor ${quoted(tensor.name)} is of type ${tensor.type}; only floating-point weights are converted.`,
      );
    }
    if (isSuperfluous(plain)) continue;
    if (module) addOnce(factor === "A" ? halves.A : halves.B, module, tensor, folder);
    else addOnce(replaced, plain, tensor.name, folder);
  }
  return { factors: pair(halves.A, halves.B, folder), replaced };
}

/** Whether a tensor belongs to a module that peft trained and saved as a whole. */
function isSaved(name: string, { savedModules }: AdapterConfig): boolean {
  if (!/\.(weight|bias)$/.test(name) || /(^|\.)(lora_|modules_to_save\.)/.test(name)) return false;
  const parts = plainName(name).split(".");
  const parents = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
  return [...alwaysSaved, ...savedModules].some((end) => parents.some((parent) => parent.endsWith(end)));
}

function pair(
  as: ReadonlyMap<string, StoredTensor>,
  bs: ReadonlyMap<string, StoredTensor>,
  folder: string,
): Map<string, Factors> {
  const lonely = [...bs.keys()].find((module) => !as.has(module));
  if (lonely !== undefined) throw incomplete(folder, lonely, "lora_A");
  return new Map(
    [...as].map(([module, a]) => {
      const b = bs.get(module);
      if (!b) throw incomplete(folder, module, "lora_B");
      return [module, { a, b }];
    }),
  );
}

function addOnce<Value>(map: Map<string, Value>, key: string, value: Value, folder: string): void {
  if (map.has(key)) {
    throw checkpointError(
      `${folder} holds two tensors for ${quoted(key)}. Save one adapter by itself with peft's save_pretrained.`,
    );
  }
  map.set(key, value);
}

function incomplete(folder: string, module: string, missing: string): VanerError {
  return checkpointError(`${folder}: ${quoted(module)} lacks its ${missing}. Save the adapter again.`);
}

function unknown(folder: string, name: string): VanerError {
  return checkpointError(
    `${folder}: the tensor ${quoted(name)} belongs neither to a low-rank update of a linear module nor to a module that ` +
      `was saved as a whole; such adapters are not converted. ${mergeFirst}`,
  );
}
