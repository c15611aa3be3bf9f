import { access } from "node:fs/promises";
import { join } from "node:path";
import { severalTypes } from "../../decoding/scheme.js";
import { describe, listed } from "../../errors.js";
import { tokenSegmentationId } from "../../text/words.js";
import { checkpointError } from "../checkpoint/errors.js";
import { plainName } from "../checkpoint/names.js";
import type { Shape } from "../checkpoint/shape.js";
import { isFloat, nativeArithmetic, readFloats } from "../weights/floats.js";
import { renamed } from "../weights/renamed.js";
import {
  asDictionary,
  asList,
  type PickleDictionary,
  type PickleValue,
} from "../weights/torch/pickle-values.js";
import { stateDictOf } from "../weights/torch/state-dict.js";
import { openTorchFile, type TorchFile } from "../weights/torch/torch-file.js";
import { type Classifier, type FloatWeights, type Head, type Linear, makeHead, tensorOf } from "./heads.js";
import { readLabels } from "./labels.js";
import type { HeadOptions } from "./options.js";

/** The file of heads that VANER2's training writes beside the adapter. */
const fileName = "saved.pt";

/** Key of the heads: one state dictionary for each entity type. */
const headsKey = "type_heads_state_dict";

/** Labels by number of rows, if the file does not name them. Source: VANER2's published code. */
const usualLabels: ReadonlyMap<number, readonly string[]> = new Map([
  [3, ["O", "I", "B"]],
  [4, ["O", "I", "B", "E"]],
]);

/** Tokens of a window, prompt included. Source: VANER2's published code. */
const maxTokens = 512;

/** Prompt of a model that was trained without one. Source: VANER2's published code. */
const emptyPrompt = ".";

/**
 * Opens VANER2's file of heads, `saved.pt`. It has, for each entity type, `dense_0`, `dense_1` … with a GELU behind
 * each, then `classifier`.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for another file, or one that lacks something
 */
export async function openSavedHeads(
  path: string,
  { embedding }: Shape,
  options: HeadOptions,
): Promise<Classifier> {
  const file = await openTorchFile(path);
  try {
    const saved = savedState(file);
    const heads = headStates(saved, path).map(([type, state]) => {
      const weights = floatWeights(file, state, type, options.signal);
      return { type, head: readHead(weights, embedding, `${path}: the head ${describe(type)}`) };
    });
    const rows = [...new Set(heads.map(({ head }) => head.rows))];
    const [count, ...others] = rows;
    if (count === undefined || others.length > 0) {
      throw checkpointError(
        `${path}: the heads have ${rows.join(", ")} rows; all must have the same number.`,
      );
    }
    const training = asDictionary(saved.get("train_config") ?? saved.get("model_config")) ?? new Map();
    const given = options.labels ?? classesOf(training, path);
    const { labels, tagging, type } = readLabels({ given, usual: usualLabels.get(count) }, count, path);
    if (type === severalTypes) {
      throw checkpointError(
        `${path}: each head finds one type, so its labels are O, I, B or O, I, B, E without a type, not ${listed(given ?? [])}: pass them with --labels.`,
      );
    }
    return {
      heads,
      labels,
      tagging,
      causal: false,
      module: undefined,
      template: options.template ?? promptOf(training, path),
      maxTokens,
      words: tokenSegmentationId,
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * The file of heads that the caller names, else `saved.pt` in a folder.
 * @param heads  false for none
 * @param folder where VANER2's training writes it: that of the last adapter, or of the checkpoint
 */
export async function findSavedHeads(
  heads: string | false | undefined,
  folder: string,
): Promise<string | undefined> {
  if (heads !== undefined) return heads === false ? undefined : heads;
  const path = join(folder, fileName);
  return access(path).then(
    () => path,
    () => undefined,
  );
}

function savedState({ root, path }: TorchFile): PickleDictionary {
  const saved = asDictionary(root);
  if (!saved?.has(headsKey)) throw notSavedHeads(path);
  // Other weights are parts of the network that the result would lack.
  for (const [key, value] of saved) {
    if (typeof key !== "string" || !key.endsWith("state_dict") || key === headsKey || value === null)
      continue;
    throw checkpointError(`${path} has weights under ${describe(key)}, which are not supported.`);
  }
  return saved;
}

function headStates(saved: PickleDictionary, path: string): [type: string, state: PickleValue][] {
  const heads = asDictionary(saved.get(headsKey));
  if (!heads || heads.size === 0) throw notSavedHeads(path);
  return [...heads].map(([type, state]) => {
    if (typeof type === "string" && type !== "" && type !== "*") return [type, state];
    throw checkpointError(`${path}: ${describe(type)} is not a name of an entity type.`);
  });
}

function notSavedHeads(path: string) {
  return checkpointError(`${path} has no ${describe(headsKey)}: it is not VANER2's file of heads.`);
}

/** The numbers of one head, by plain name. */
function floatWeights(
  file: TorchFile,
  state: PickleValue,
  type: string,
  signal: AbortSignal | undefined,
): FloatWeights {
  const stored = stateDictOf(file, state, `The head ${describe(type)}`);
  for (const [name, reason] of stored.unreadable) {
    throw checkpointError(`${file.path}: ${name} of the head ${describe(type)} cannot be read: ${reason}.`);
  }
  const source = renamed(stored, new Map([...stored.tensors.keys()].map((name) => [plainName(name), name])));
  for (const [name, tensor] of source.tensors) {
    if (isFloat(tensor.type)) continue;
    throw checkpointError(`${file.path}: ${name} of the head ${describe(type)} is of type ${tensor.type}.`);
  }
  const arithmetic = nativeArithmetic(signal);
  return {
    tensors: source.tensors,
    unreadable: source.unreadable,
    readFloats: (name, first, count) => readFloats(source, name, first, count, arithmetic),
  };
}

function readHead(weights: FloatWeights, embedding: number, what: string): Head {
  const left = new Set(weights.tensors.keys());
  const take = (name: string) => {
    left.delete(name);
    return tensorOf(weights, name, what);
  };
  const linear = (module: string): Linear => ({
    weight: take(`${module}.weight`),
    bias: take(`${module}.bias`),
  });
  const dense: Linear[] = [];
  while (left.has(`dense_${dense.length}.weight`)) dense.push(linear(`dense_${dense.length}`));
  const head = makeHead(dense, linear("classifier"), embedding, what);
  for (const name of left) throw checkpointError(`${what} has a tensor ${name}, which is not supported.`);
  return head;
}

function classesOf(training: PickleDictionary, path: string): readonly string[] | undefined {
  const classes = asList(training.get("classes"));
  if (!classes || classes.every((name) => typeof name === "string")) return classes;
  throw checkpointError(`${path}: the classes of its training are not all strings.`);
}

function promptOf(training: PickleDictionary, path: string): string {
  if (training.get("use_prompt") !== true) return emptyPrompt;
  throw checkpointError(
    `${path} is of a model that was trained with a prompt: pass the file of the prompt that came with it (--template-file LLAMA3.1_prompt.txt).`,
  );
}
