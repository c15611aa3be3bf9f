import { describe } from "../../errors.js";
import { checkpointError } from "../errors.js";
import {
  isCount,
  type JsonObject,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  ownValue,
  required,
} from "../json.js";
import type { JsonFile } from "./folder.js";

/** The BPE model of a `tokenizer.json` of the tokenizers library. */
export interface BpeModel {
  /** Token to id. */
  readonly vocabulary: readonly (readonly [token: string, id: number])[];
  /** The earliest first. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  /** Characters that no token stands for become `<0x..>` tokens. */
  readonly byteFallback: boolean;
  /** A piece that is a token as a whole is not merged. */
  readonly ignoreMerges: boolean;
  readonly unknownToken: string | undefined;
}

/**
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where the model is another one than plain BPE, or malformed
 */
export function readBpeModel({ path, content }: JsonFile): BpeModel {
  const model = required(optionalObject, content, "model", path);
  const type = optionalString(model, "type", path);
  if (type !== "BPE") {
    throw checkpointError(
      `${path} holds a tokenizer of type ${describe(type)}; only BPE, as LLaMA models use it, can be converted.`,
    );
  }
  if (ownValue(model, "dropout")) {
    throw checkpointError(
      `${path}: the BPE model has "dropout", which is for training. Set it to null and save it again.`,
    );
  }
  for (const key of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    if (optionalString(model, key, path))
      throw checkpointError(
        `${path}: the BPE model has ${describe(key)}, which llama.cpp's tokenizer lacks.`,
      );
  }
  return {
    vocabulary: Object.entries(required(optionalObject, model, "vocab", path)).map(([token, id]) => {
      if (isCount(id)) return [token, id];
      throw checkpointError(
        `${path} gives the token ${describe(token)} the id ${describe(id)}, which is no index.`,
      );
    }),
    merges: required(optionalArray, model, "merges", path).map((merge, index) => pair(merge, index, path)),
    byteFallback: optionalBoolean(model, "byte_fallback", path) ?? false,
    ignoreMerges: optionalBoolean(model, "ignore_merges", path) ?? false,
    unknownToken: optionalString(model, "unk_token", path),
  };
}

/** A merge is spelled `"left right"`, or `["left", "right"]` since version 0.20 of the library. */
function pair(merge: unknown, index: number, path: string): readonly [string, string] {
  const parts: readonly unknown[] =
    typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
  const [left, right] = parts;
  if (parts.length === 2 && typeof left === "string" && typeof right === "string" && left && right)
    return [left, right];
  throw checkpointError(`${path}: merge ${index} is ${describe(merge)}, not a pair of tokens.`);
}

/**
 * The steps of a normalizer, pre-tokenizer or post-processor, those of sequences within it one by one.
 * @param list key under which a sequence holds its steps
 */
export function steps(file: JsonFile, key: string, list: string): readonly JsonObject[] {
  const flat = (step: JsonObject): readonly JsonObject[] => {
    if (step["type"] !== "Sequence") return [step];
    return required(optionalArray, step, list, file.path).flatMap((inner, index) =>
      flat(required(optionalObject, { [index]: inner }, String(index), file.path)),
    );
  };
  const first = optionalObject(file.content, key, file.path);
  return first ? flat(first) : [];
}
