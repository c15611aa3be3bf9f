import { describe } from "../../errors.js";
import { bool, type GgufEntry, string, strings, u32 } from "../../gguf/metadata.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { fetchAgain } from "../checkpoint/file.js";
import { isCount } from "../checkpoint/json.js";
import { type AddedToken, addedForText, readAddedTokens } from "./added-tokens.js";
import { unicodeFormKey } from "./byte-level.js";
import type { TokenizerFolder } from "./folder.js";
import { readEncoderSpecials, specialEntries } from "./sequence-ends.js";
import { readTextRules, type TextRules } from "./text-rules.js";
import { TokenTable, tokenTypes } from "./vocabulary.js";

/** Bytes of a token. `native/tokenizer/unigram.h` has the same. */
const longestToken = 1024;

const usual = { cls: "<s>", sep: "</s>", unk: "<unk>", pad: "<pad>", mask: "<mask>" };

/** Tokens of CamemBERT that stand in front of those of its sentencepiece model. */
const notUsed: readonly string[] = ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"];

/** A unigram vocabulary, and how text becomes pieces of it. */
interface Unigram {
  /** Tokens by id. */
  readonly tokens: readonly (readonly [text: string, score: number])[];
  readonly unknown: number;
  readonly rules: TextRules;
}

/** Whether a folder holds a unigram tokenizer. `tokenizer.json` wins. */
export function isUnigram({ tokenizer, unigram }: TokenizerFolder): boolean {
  if (!tokenizer) return unigram !== undefined;
  return tokenizer.optionalObject("model")?.value("type") === "Unigram";
}

/**
 * Reads a unigram tokenizer of an encoder such as XLM-RoBERTa: `tokenizer.json`, or `sentencepiece.bpe.model`.
 * @param size rows of the model's embedding; a smaller vocabulary is padded
 * @returns the metadata `tokenizer.ggml.*`, as in llama.cpp's conversion
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if a file is missing or damaged, or text is prepared in another way
 */
export async function readUnigram(
  folder: TokenizerFolder,
  size: number,
  tokenTypeCount: number,
): Promise<GgufEntry[]> {
  const path = folder.tokenizer?.path ?? folder.unigram ?? folder.path;
  if (folder.tokenizerConfig?.optional("add_prefix_space", "boolean") === false) {
    throw folder.tokenizerConfig.error(
      '"add_prefix_space" is false, but the first word of a text is read behind a space: set it to true if the model was trained so.',
    );
  }
  const { tokens, unknown, rules } = folder.tokenizer
    ? fromTokenizerJson(folder.tokenizer)
    : await fromSentencepiece(folder, path, size);
  const table = new TokenTable(size, path);
  for (const [id, [text, score]] of tokens.entries()) {
    if (!Number.isFinite(Math.fround(score)) || Buffer.byteLength(text) > longestToken) {
      throw checkpointError(
        `${path}: token ${id} has ${Buffer.byteLength(text)} bytes and the score ${score}, which no token has. ${fetchAgain}`,
      );
    }
    table.set(id, text, tokenTypes.normal, score);
  }
  const lowest = tokens.reduce((least, [, score]) => Math.min(least, score), Number.POSITIVE_INFINITY);
  for (const token of readAddedTokens(folder)) addControl(table, token, lowest, path);
  const texts = table.padded();
  const specials = markSpecials(folder, table, texts, unknown, path);
  return [
    ["tokenizer.ggml.model", string("t5")],
    ["tokenizer.ggml.pre", string("default")],
    ["tokenizer.ggml.tokens", strings(texts)],
    ["tokenizer.ggml.scores", { type: "f32s", value: table.scores }],
    ["tokenizer.ggml.token_type", { type: "i32s", value: table.types }],
    ["tokenizer.ggml.token_type_count", u32(Math.max(1, tokenTypeCount))],
    ["tokenizer.ggml.add_space_prefix", bool(true)],
    ["tokenizer.ggml.remove_extra_whitespaces", bool(true)],
    ...ruleEntries(rules),
    ...specialEntries(specials),
  ];
}

/** Keeps text from becoming special tokens, or the unknown one. */
function markSpecials(
  folder: TokenizerFolder,
  table: TokenTable,
  texts: readonly string[],
  unknown: number,
  path: string,
) {
  const ids = new Map(texts.map((text, id) => [text, id]));
  const specials = readEncoderSpecials(folder, ids, usual, ["cls", "sep", "unk"], path);
  for (const { id, text } of specials) table.set(id, text, tokenTypes.control, table.scores[id]);
  for (const text of notUsed) {
    const id = ids.get(text);
    if (id !== undefined) table.set(id, text, tokenTypes.control, table.scores[id]);
  }
  const named = specials.find(({ key }) => key === "unknown_token_id");
  if (named?.id !== unknown) {
    throw checkpointError(
      `${path} calls token ${unknown} the unknown one ("unk_id"), but its name is that of token ${named?.id}. Make both say what the model was trained with.`,
    );
  }
  table.set(unknown, named.text, tokenTypes.unknown, table.scores[unknown]);
  return specials;
}

function ruleEntries({ charsmap, unicode, spaces }: TextRules): GgufEntry[] {
  return [
    ...(charsmap ? [["tokenizer.ggml.precompiled_charsmap", { type: "u8s", value: charsmap }] as const] : []),
    ...(unicode ? [[unicodeFormKey, string(unicode)] as const] : []),
    ["vaner.normalizer.spaces", strings(spaces)],
  ];
}

/** Added tokens are matched in text before all others, so that no text may have one that is not for control. */
function addControl(table: TokenTable, { id, text, type }: AddedToken, score: number, path: string): void {
  const there = table.text(id) ?? text;
  if (there !== text) {
    throw checkpointError(
      `An added token calls token ${id} ${describe(text)}, but ${path} calls it ${describe(there)}. ` +
        "Keep the files that belong to the model.",
    );
  }
  if (type !== tokenTypes.control) throw addedForText(path, text, "unigram");
  table.set(id, text, type, table.text(id) === undefined ? score : table.scores[id]);
}

function fromTokenizerJson(file: ConfigObject): Unigram {
  const model = file.requiredObject("model");
  if (model.optional("byte_fallback", "boolean")) {
    throw model.error(
      'the unigram model spells unknown characters by bytes ("byte_fallback"), which is not supported.',
    );
  }
  const tokens = model.required("vocab", "array").map((entry, id): [string, number] => {
    const [text, score, ...others]: readonly unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof text === "string" && typeof score === "number" && others.length === 0) return [text, score];
    throw file.error(`token ${id} is ${describe(entry)}, not a text with its score.`);
  });
  const unknown = model.value("unk_id");
  if (!isCount(unknown) || unknown >= tokens.length) {
    throw model.error(
      `"unk_id" is ${describe(unknown)}, but has to be the token of characters that no other token spells.`,
    );
  }
  return { tokens, unknown, rules: readTextRules(file) };
}

/** The fast tokenizers that transformers makes of sentencepiece's file. */
async function fromSentencepiece({ config }: TokenizerFolder, path: string, size: number): Promise<Unigram> {
  // Imported on demand: its library would slow down the start of programs that only recognize.
  const { readSentencepieceModel } = await import("./sentencepiece-model.js");
  const model = await readSentencepieceModel(path, size);
  if (model.modelType !== 1 || model.spaceAsSuffix || !model.escapeWhitespaces || !model.addDummyPrefix) {
    throw checkpointError(
      `${path} is no sentencepiece model of kind unigram that puts a space mark in front of every word.`,
    );
  }
  const own = model.pieces.map(({ text, score, type }): readonly [string, number] => {
    if (type !== tokenTypes.userDefined) return [text, score];
    throw addedForText(path, text, "unigram");
  });
  const camembert = config?.optional("model_type", "string") === "camembert";
  const [cls, pad, sep, unk] = camembert
    ? ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"]
    : ["<s>", "<pad>", "</s>", "<unk>"];
  const tokens = [cls, pad, sep, unk].map((text): readonly [string, number] => [text as string, 0]);
  if (camembert) tokens.push(["<unk>NOTUSED", -100], ...own.slice(1));
  else tokens.push(...own.slice(3));
  tokens.push(["<mask>", 0]);
  const { charsmap } = model;
  return { tokens, unknown: 3, rules: { ...(charsmap && { charsmap }), spaces: ["split"] } };
}
