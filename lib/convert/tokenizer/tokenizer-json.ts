import { describe } from "../../errors.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { isCount } from "../checkpoint/json.js";

/** The BPE model in a `tokenizer.json` of the tokenizers library. */
export interface BpeModel {
  /** Token to id. */
  readonly vocabulary: readonly (readonly [token: string, id: number])[];
  /** In the order of their priority. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  /** Whether characters without a token become `<0x..>` tokens. */
  readonly byteFallback: boolean;
  /** Whether a piece that is a token as a whole is left unmerged. */
  readonly ignoreMerges: boolean;
  readonly unknownToken: string | undefined;
}

/** @throws {VanerError} `ERR_VANER_CHECKPOINT` for a model that is malformed, or not plain BPE */
export function readBpeModel(file: ConfigObject): BpeModel {
  const model = file.requiredObject("model");
  const type = model.optional("type", "string");
  if (type !== "BPE") {
    throw checkpointError(
      `${file.path} holds a tokenizer of type ${describe(type)}; only BPE, the type of LLaMA models, can be converted.`,
    );
  }
  if (model.value("dropout")) {
    throw model.error(
      'the BPE model has "dropout", which is for training. Set it to null and save it again.',
    );
  }
  for (const key of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    if (!model.optional(key, "string")) continue;
    throw model.error(`the BPE model has ${describe(key)}, which llama.cpp's tokenizer lacks.`);
  }
  return {
    vocabulary: model
      .requiredObject("vocab")
      .entries()
      .map(([token, id]) => {
        if (isCount(id)) return [token, id];
        throw checkpointError(
          `${file.path} gives the token ${describe(token)} the id ${describe(id)}, which is not an index.`,
        );
      }),
    merges: model.required("merges", "array").map((merge, index) => readMerge(file, merge, index)),
    byteFallback: model.optional("byte_fallback", "boolean") ?? false,
    ignoreMerges: model.optional("ignore_merges", "boolean") ?? false,
    unknownToken: model.optional("unk_token", "string"),
  };
}

/** A merge is written `"left right"`, or `["left", "right"]` since version 0.20 of the library. */
function readMerge(file: ConfigObject, merge: unknown, index: number): readonly [string, string] {
  const parts: readonly unknown[] =
    typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
  const [left, right] = parts;
  if (parts.length === 2 && typeof left === "string" && typeof right === "string" && left && right)
    return [left, right];
  throw file.error(`merge ${index} is ${describe(merge)}, not a pair of tokens.`);
}

/**
 * The steps of a normalizer, pre-tokenizer or post-processor, with nested sequences flattened.
 * @param list key under which a sequence holds its steps
 */
export function steps(file: ConfigObject, key: string, list: string): readonly ConfigObject[] {
  const flat = (step: ConfigObject): readonly ConfigObject[] => {
    if (step.value("type") !== "Sequence") return [step];
    return step.requiredObjects(list).flatMap(flat);
  };
  const first = file.optionalObject(key);
  return first ? flat(first) : [];
}
