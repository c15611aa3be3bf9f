import { describe } from "../../errors.js";
import { checkpointError } from "../errors.js";
import type { AddedToken } from "./added-tokens.js";
import type { JsonFile } from "./folder.js";
import { recognizePreTokenizer } from "./pre-tokenizer.js";
import { type BpeModel, steps } from "./tokenizer-json.js";
import { TokenTable, tokenTypes, type Vocabulary } from "./vocabulary.js";

/**
 * A byte-level BPE vocabulary, of LLaMA 3's kind.
 * @param size rows of the model's embedding
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where llama.cpp's tokenizer would give other tokens
 */
export function readByteLevel(
  file: JsonFile,
  model: BpeModel,
  added: readonly AddedToken[],
  size: number,
): Vocabulary {
  for (const step of steps(file, "normalizer", "normalizers")) {
    throw checkpointError(
      `${file.path} normalizes text (${describe(step["type"])}) before it becomes tokens, which llama.cpp's tokenizer ` +
        "does not. Such a model cannot be converted.",
    );
  }
  const pre = recognizePreTokenizer(file, model.ignoreMerges);
  const table = new TokenTable(size, file.path);
  for (const [token, id] of model.vocabulary) table.set(id, token, tokenTypes.normal);
  const known = new Set(model.vocabulary.map(([token]) => token));
  if (model.unknownToken !== undefined) checkBytes(known, file.path);
  for (const { id, text, type } of added) table.set(id, text, type);
  return { model: "gpt2", pre, table, merges: merges(model, known, file.path), specials: {} };
}

function merges(model: BpeModel, known: ReadonlySet<string>, path: string): string[] {
  const seen = new Set<string>();
  for (const [index, [left, right]] of model.merges.entries()) {
    const merge = `${left} ${right}`;
    const stranger = [left, right, left + right].find((token) => !known.has(token));
    if (stranger !== undefined) {
      throw checkpointError(
        `${path}: merge ${index} needs the token ${describe(stranger)}, which there is not.`,
      );
    }
    // A file spells spaces "Ġ": one that is left would move the border between the two.
    if (left.includes(" ") || right.includes(" "))
      throw checkpointError(`${path}: merge ${index}, ${describe(merge)}, holds a space within a token.`);
    if (seen.has(merge))
      throw checkpointError(`${path}: merge ${index}, ${describe(merge)}, is there already.`);
    seen.add(merge);
  }
  return [...seen];
}

/** Where a byte has no token, an unknown token takes its place; llama.cpp's tokenizer leaves it out. */
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
