import { describe } from "../../errors.js";
import type { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";
import { type AddedToken, addTokens } from "./added-tokens.js";
import { recognizePreTokenizer } from "./pre-tokenizer.js";
import { type BpeModel, steps } from "./tokenizer-json.js";
import { TokenTable, tokenTypes, type Vocabulary } from "./vocabulary.js";

/** Key of the form of Unicode in which text is tokenized. A file with it has format 5. */
export const unicodeFormKey = "vaner.normalizer.unicode";

/**
 * Reads a byte-level BPE vocabulary, of LLaMA 3's kind.
 * @param size rows of the model's embedding
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if llama.cpp's tokenizer would give other tokens
 */
export function readByteLevel(
  file: ConfigObject,
  model: BpeModel,
  added: readonly AddedToken[],
  size: number,
): Vocabulary {
  const unicodeForm = readUnicodeForm(file);
  const pre = recognizePreTokenizer(file, model.ignoreMerges);
  const table = new TokenTable(size, file.path);
  for (const [token, id] of model.vocabulary) table.set(id, token, tokenTypes.normal);
  const known = new Set(model.vocabulary.map(([token]) => token));
  if (model.unknownToken !== undefined) checkBytes(known, file.path);
  addTokens(table, added, 0, file.path);
  return { model: "gpt2", pre, table, unicodeForm, merges: merges(model, known, file.path), specials: {} };
}

/** The form of Unicode that text is brought into. */
function readUnicodeForm(file: ConfigObject): "NFC" | "" {
  const normalizers = steps(file, "normalizer", "normalizers").map((step) => step.value("type"));
  for (const type of normalizers) {
    if (type === "NFC") continue;
    throw checkpointError(
      `${file.path} normalizes text (${describe(type)}) before it becomes tokens; only "NFC" is known here. ` +
        "Such a model cannot be converted.",
    );
  }
  return normalizers.length > 0 ? "NFC" : "";
}

function merges(model: BpeModel, known: ReadonlySet<string>, path: string): string[] {
  const seen = new Set<string>();
  for (const [index, [left, right]] of model.merges.entries()) {
    const merge = `${left} ${right}`;
    const stranger = [left, right, left + right].find((token) => !known.has(token));
    if (stranger !== undefined) {
      throw checkpointError(
        `${path}: merge ${index} needs the token ${describe(stranger)}, which does not exist.`,
      );
    }
    // The file writes spaces as "Ġ". A plain one would move the border between the two tokens.
    if (left.includes(" ") || right.includes(" "))
      throw checkpointError(`${path}: merge ${index}, ${describe(merge)}, holds a space within a token.`);
    if (seen.has(merge)) throw checkpointError(`${path}: merge ${index}, ${describe(merge)}, appears twice.`);
    seen.add(merge);
  }
  return [...seen];
}

/** A byte without a token becomes an unknown token; llama.cpp's tokenizer drops it instead. */
function checkBytes(known: ReadonlySet<string>, path: string): void {
  for (const symbol of byteSymbols()) {
    if (known.has(symbol)) continue;
    throw checkpointError(
      `${path} has no token for the byte written as ${describe(symbol)}, and an unknown token in its place, which ` +
        "llama.cpp's tokenizer leaves out. Such a model cannot be converted.",
    );
  }
}

/** GPT-2's printable character for each byte. */
export function byteSymbols(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCodePoint(printable ? byte : next++);
  });
}
