import { describe, type VanerError } from "../../errors.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { isCount, isObject } from "../checkpoint/json.js";
import type { TokenizerFolder } from "./folder.js";
import { type TokenTable, type TokenType, tokenTypes } from "./vocabulary.js";

/** Score of tokens that were added to a sentencepiece vocabulary, as in llama.cpp's conversion. */
export const addedScore = -1000;

/** A token that was added to a vocabulary: a control token, or one that is matched in text before all others. */
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

/** The special tokens of `tokenizer_config.json`. */
export const specialNames = ["bos", "eos", "unk", "sep", "pad", "mask"] as const;
export type SpecialName = (typeof specialNames)[number];

/**
 * Reads the added tokens from all files that may list them.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if two files disagree, or a token needs what llama.cpp lacks
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
    // No text may produce a control token, even if its file does not mark it as special.
    if (special || named.has(text) || looksSpecial(text)) return { id, text, type: tokenTypes.control };
    return { id, text: unmarked(text), type: tokenTypes.userDefined };
  });
}

/**
 * Puts added tokens into a vocabulary.
 * @param file of the vocabulary, for messages
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the vocabulary has another token with the same id
 */
export function addTokens(
  table: TokenTable,
  added: readonly AddedToken[],
  score: number,
  file: string,
): void {
  for (const { id, text, type } of added) {
    const there = table.text(id) ?? text;
    if (unmarked(there) !== unmarked(text)) {
      throw checkpointError(
        `An added token calls token ${id} ${describe(text)}, but ${file} calls it ${describe(there)}. ` +
          "Keep the files that belong to the model.",
      );
    }
    table.set(id, text, type, score);
  }
}

/** An error about an added token that text may become, in a vocabulary that has no such tokens here. */
export function addedForText(file: string, text: string, kind: "WordPiece" | "unigram"): VanerError {
  return checkpointError(
    `${file} has the added token ${describe(text)}, which is looked for in text before all others; a ${kind} ` +
      "vocabulary is converted without such tokens. Train with a tokenizer that has none, or mark it as special if it is not for text.",
  );
}

/** llama.cpp matches added tokens before spaces become marks. */
function unmarked(text: string): string {
  return text.replaceAll("▁", " ");
}

/** The text of a special token in `tokenizer_config.json`, or undefined if it names none. */
export function specialText(config: ConfigObject | undefined, name: SpecialName | "cls"): string | undefined {
  const key = `${name}_token`;
  return isObject(config?.value(key))
    ? config.requiredObject(key).required("content", "string")
    : config?.optional(key, "string");
}

/**
 * Source: `does_token_look_special` of llama.cpp's conversion. Without the flag `u`, which would keep an entry for each
 * character of a token and fail on millions.
 */
function looksSpecial(text: string): boolean {
  return /^(<pad>|<mask>|<2mass>|\[@BOS@\]|<\|.*\|>|<｜.*｜>|<unused.*>)$/s.test(text);
}

function* fromTokenizer({ tokenizer }: TokenizerFolder): Generator<[number, Found]> {
  for (const token of tokenizer?.optionalObjects("added_tokens") ?? []) {
    yield [token.required("id", "count"), addedToken(token)];
  }
}

function* fromTokenizerConfig({ tokenizerConfig }: TokenizerFolder): Generator<[number, Found]> {
  const decoder = tokenizerConfig?.optionalObject("added_tokens_decoder");
  if (!decoder) return;
  for (const key of decoder.keys()) {
    if (!/^\d{1,9}$/.test(key)) throw decoder.error(`${describe(key)} is not a token's id.`);
    yield [Number(key), addedToken(decoder.requiredObject(key))];
  }
}

function* fromAddedTokens({ addedTokens }: TokenizerFolder): Generator<[number, Found]> {
  if (!addedTokens) return;
  for (const [text, id] of addedTokens.entries()) {
    if (!isCount(id)) throw addedTokens.error(`${describe(text)} has the id ${describe(id)}.`);
    yield [id, { text, special: false, file: addedTokens.path }];
  }
}

function addedToken(token: ConfigObject): Found {
  const text = token.required("content", "string");
  const special = token.optional("special", "boolean") ?? false;
  for (const key of special ? [] : ["single_word", "lstrip", "rstrip"]) {
    if (!token.optional(key, "boolean")) continue;
    throw token.error(
      `the added token ${describe(text)} has ${describe(key)}, which llama.cpp's tokenizer does not know.`,
    );
  }
  return { text, special, file: token.path };
}
