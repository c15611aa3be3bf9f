import { access } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "../errors.js";
import { tokenSegmentationId } from "../text/words.js";
import { checkpointError } from "./errors.js";
import { type Classifier, checkHead, type FloatWeights, type Head, type Linear, tensorOf } from "./heads.js";
import { readLabels } from "./labels.js";
import { plainName } from "./names.js";
import type { ConvertOptions } from "./options.js";
import type { Shape } from "./shape.js";
import { isFloat, nativeArithmetic, readFloats } from "./weights/floats.js";
import type { PickleValue } from "./weights/pickle-values.js";
import { renamed } from "./weights/renamed.js";
import { stateDictOf } from "./weights/state-dict.js";
import { openTorchFile, type TorchFile } from "./weights/torch-file.js";

/** The file of heads that VANER2's training leaves beside the adapter. */
const fileName = "saved.pt";

/** Key of the heads: a state dictionary for each entity type. */
const headsKey = "type_heads_state_dict";

/** Rows of a head by their number, where the file does not name them. Source: VANER2's published code. */
const usualLabels: Readonly<Record<number, readonly string[]>> = {
  3: ["O", "I", "B"],
  4: ["O", "I", "B", "E"],
};

/** Tokens of a window, prompt included. Source: VANER2's published code. */
const maxTokens = 512;

/** What stands in front of the text of a model that was trained without a prompt. Source: the same. */
const emptyPrompt = ".";

/**
 * Opens VANER2's file of heads, `saved.pt`: for each entity type `dense_0`, `dense_1` … with a GELU
 * behind each, and `classifier`.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where it is another file, or lacks what is needed
 */
export async function openSavedHeads(
  path: string,
  shape: Shape,
  options: ConvertOptions,
): Promise<Classifier> {
  const file = await openTorchFile(path);
  try {
    const heads = headsOf(file).map(([type, state]) => {
      const head = headOf(
        floatWeights(file, state, type, options.signal),
        `${path}: the head ${describe(type)}`,
      );
      checkHead(head, shape.embedding, `${path}: the head ${describe(type)}`);
      return { type, head };
    });
    const rows = heads.map(({ head }) => head.output.weight.shape[0] as number);
    const [count] = rows;
    if (count === undefined || rows.some((other) => other !== count)) {
      throw checkpointError(`${path}: the heads have ${rows.join(", ")} rows; all must have the same.`);
    }
    const { labels, tagging } = readLabels(
      {},
      count,
      options.labels ?? classesOf(file),
      usualLabels[count],
      path,
    );
    return {
      heads,
      labels,
      tagging,
      causal: false,
      module: undefined,
      template: options.template ?? promptOf(file),
      maxTokens,
      words: tokenSegmentationId,
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The file of heads that the caller names, or the one that lies where VANER2's training leaves it. */
export async function findSavedHeads({
  heads,
  adapters = [],
  checkpoint,
}: ConvertOptions): Promise<string | undefined> {
  if (heads !== undefined) return heads === false ? undefined : heads;
  const path = join(adapters.at(-1) ?? checkpoint, fileName);
  return access(path).then(
    () => path,
    () => undefined,
  );
}

function headsOf(file: TorchFile): [type: string, state: PickleValue][] {
  const { root, path } = file;
  const heads = root instanceof Map ? root.get(headsKey) : undefined;
  if (!(heads instanceof Map) || heads.size === 0) {
    throw checkpointError(`${path} has no ${describe(headsKey)}: it is not VANER2's file of heads.`);
  }
  // Parts of the network that this reader does not know would be missing from the result.
  const other = [...(root as ReadonlyMap<PickleValue, PickleValue>)].find(
    ([key, value]) =>
      typeof key === "string" && key.endsWith("state_dict") && key !== headsKey && value !== null,
  );
  if (other !== undefined) {
    throw checkpointError(`${path} has weights under ${describe(other[0])}, which are not supported.`);
  }
  return [...(heads as ReadonlyMap<PickleValue, PickleValue>)].map(([type, state]) => {
    if (typeof type === "string" && type !== "" && type !== "*") return [type, state];
    throw checkpointError(`${path}: ${describe(type)} is no name of an entity type.`);
  });
}

/** The numbers of one head, by plain names. */
function floatWeights(
  file: TorchFile,
  state: PickleValue,
  type: string,
  signal: AbortSignal | undefined,
): FloatWeights {
  const stored = stateDictOf(file, state, `The head ${describe(type)}`);
  const [unreadable] = stored.unreadable;
  if (unreadable) {
    throw checkpointError(
      `${file.path}: ${unreadable[0]} of the head ${describe(type)} cannot be read: ${unreadable[1]}.`,
    );
  }
  const source = renamed(stored, new Map([...stored.tensors.keys()].map((name) => [plainName(name), name])));
  for (const [name, { type: elements }] of source.tensors) {
    if (!isFloat(elements))
      throw checkpointError(`${file.path}: ${name} of the head ${describe(type)} is of type ${elements}.`);
  }
  const arithmetic = nativeArithmetic(signal);
  return {
    tensors: source.tensors,
    unreadable: source.unreadable,
    readFloats: (name, first, count) => readFloats(source, name, first, count, arithmetic),
  };
}

function headOf(weights: FloatWeights, what: string): Head {
  const names = new Set(weights.tensors.keys());
  const take = (module: string): Linear => {
    const [weight, bias] = [`${module}.weight`, `${module}.bias`].map((name) => {
      if (!names.delete(name)) throw checkpointError(`${what} has no tensor ${name}.`);
      return tensorOf(weights, name);
    });
    return { weight, bias } as Linear;
  };
  const dense: Linear[] = [];
  while (names.has(`dense_${dense.length}.weight`)) dense.push(take(`dense_${dense.length}`));
  const head = { dense, output: take("classifier") };
  const [left] = names;
  if (left !== undefined) throw checkpointError(`${what} has a tensor ${left}, which is not supported.`);
  return head;
}

function configOf({ root }: TorchFile): ReadonlyMap<PickleValue, PickleValue> {
  const saved = root as ReadonlyMap<PickleValue, PickleValue>;
  const config = saved.get("train_config") ?? saved.get("model_config");
  return config instanceof Map ? config : new Map();
}

function classesOf(file: TorchFile): readonly string[] | undefined {
  const classes = configOf(file).get("classes");
  if (!Array.isArray(classes)) return undefined;
  if (classes.every((name) => typeof name === "string")) return classes;
  throw checkpointError(`${file.path}: the classes of its training are no texts.`);
}

function promptOf(file: TorchFile): string {
  if (configOf(file).get("use_prompt") !== true) return emptyPrompt;
  throw checkpointError(
    `${file.path} is of a model that was trained with a prompt: pass the file of the prompt that came with it (--template-file LLAMA3.1_prompt.txt).`,
  );
}
