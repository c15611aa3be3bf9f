import { describe } from "../../errors.js";
import { checkpointError } from "../errors.js";
import {
  isCount,
  isObject,
  type JsonObject,
  optionalArray,
  optionalBoolean,
  optionalCount,
  optionalObject,
  optionalString,
  ownValue,
  required,
} from "../json.js";
import type { JsonFile, TokenizerFolder } from "./folder.js";
import { type TokenType, tokenTypes } from "./vocabulary.js";

/** A token that was added to a vocabulary: for control, or found in text before anything else. */
export interface AddedToken {
  readonly id: number;
  readonly text: string;
  readonly type: TokenType;
}

interface Found {
  readonly text: string;
  readonly special: boolean;
  readonly file: string;
}

/** Names of the special tokens in `tokenizer_config.json`. */
export const specialNames = ["bos", "eos", "unk", "sep", "pad", "mask"] as const;
export type SpecialName = (typeof specialNames)[number];

/**
 * The added tokens of all files that may list them.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where two files disagree, or a token asks for what llama.cpp cannot do
 */
export function readAddedTokens(folder: TokenizerFolder): AddedToken[] {
  const found = new Map<number, Found>();
  for (const file of [fromTokenizer, fromTokenizerConfig, fromAddedTokens]) {
    for (const [id, token] of file(folder)) {
      const earlier = found.get(id);
      if (earlier && earlier.text !== token.text) {
        throw checkpointError(
          `${token.file} calls token ${id} ${describe(token.text)}, but ${earlier.file} calls it ` +
            `${describe(earlier.text)}. Keep the files that belong to the model.`,
        );
      }
      found.set(id, earlier ?? token);
    }
  }
  const named = new Set(specialNames.map((name) => specialText(folder.tokenizerConfig, name)));
  return [...found].map(([id, { text, special }]) => {
    // What is meant for control must never come out of a text, even where a file forgets to say so.
    if (special || named.has(text) || looksSpecial(text)) return { id, text, type: tokenTypes.control };
    return { id, text: text.replaceAll("▁", " "), type: tokenTypes.userDefined };
  });
}

/** The text of a special token by `tokenizer_config.json`. */
export function specialText(config: JsonFile | undefined, name: SpecialName): string | undefined {
  if (!config) return undefined;
  const value = ownValue(config.content, `${name}_token`);
  return isObject(value)
    ? required(optionalString, value, "content", config.path)
    : optionalString(config.content, `${name}_token`, config.path);
}

/** Source: `does_token_look_special` of llama.cpp's conversion. */
function looksSpecial(text: string): boolean {
  return /^(<pad>|<mask>|<2mass>|\[@BOS@\]|<\|.*\|>|<｜.*｜>|<unused.*>)$/su.test(text);
}

function* fromTokenizer({ tokenizer }: TokenizerFolder): Generator<[number, Found]> {
  if (!tokenizer) return;
  const { path: file, content } = tokenizer;
  for (const token of optionalArray(content, "added_tokens", file) ?? []) {
    if (!isObject(token)) throw checkpointError(`${file}: "added_tokens" holds ${describe(token)}.`);
    yield [required(optionalCount, token, "id", file), addedToken(token, file)];
  }
}

function* fromTokenizerConfig({ tokenizerConfig }: TokenizerFolder): Generator<[number, Found]> {
  if (!tokenizerConfig) return;
  const { path: file, content } = tokenizerConfig;
  const decoder = optionalObject(content, "added_tokens_decoder", file) ?? {};
  for (const key of Object.keys(decoder)) {
    if (!/^\d{1,9}$/.test(key)) throw checkpointError(`${file}: ${describe(key)} is no token's id.`);
    yield [Number(key), addedToken(required(optionalObject, decoder, key, file), file)];
  }
}

function* fromAddedTokens({ addedTokens }: TokenizerFolder): Generator<[number, Found]> {
  if (!addedTokens) return;
  const { path: file, content } = addedTokens;
  for (const [text, id] of Object.entries(content)) {
    if (!isCount(id)) throw checkpointError(`${file}: ${describe(text)} has the id ${describe(id)}.`);
    yield [id, { text, special: false, file }];
  }
}

function addedToken(token: JsonObject, file: string): Found {
  const text = required(optionalString, token, "content", file);
  const special = optionalBoolean(token, "special", file) ?? false;
  for (const key of special ? [] : ["single_word", "lstrip", "rstrip"]) {
    if (optionalBoolean(token, key, file)) {
      throw checkpointError(
        `${file}: the added token ${describe(text)} has ${describe(key)}, which llama.cpp's tokenizer does not know.`,
      );
    }
  }
  return { text, special, file };
}
