import { checkpointError } from "../checkpoint/errors.js";
import { type AddedToken, addedScore } from "./added-tokens.js";
import type { TokenizerFolder } from "./folder.js";
import type { SentencepieceModel } from "./sentencepiece-model.js";
import { isTokenType, TokenTable, tokenTypes, type Vocabulary } from "./vocabulary.js";

const unconvertible = new Map([
  [1, "unigram"],
  [3, "word"],
  [4, "character"],
]);

/**
 * Reads the vocabulary of sentencepiece's `tokenizer.model`, of LLaMA 2's kind. Ignores a normalization that the file
 * may ask for, as LLaMA's fast tokenizer does.
 * @param size rows of the model's embedding
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export async function readSentencepiece(
  { tokenizerConfig }: TokenizerFolder,
  path: string,
  added: readonly AddedToken[],
  size: number,
): Promise<Vocabulary> {
  const table = new TokenTable(size, path);
  // Imported on demand: its library would slow down the start of programs that only recognize.
  const { readSentencepieceModel } = await import("./sentencepiece-model.js");
  const model = await readSentencepieceModel(path, size);
  checkKind(model, path);
  for (const [id, { text, score, type }] of model.pieces.entries()) {
    if (!isTokenType(type) || !Number.isFinite(score))
      throw checkpointError(`${path}: token ${id} has type ${type} and score ${score}, which no token has.`);
    table.set(id, text, type, score);
  }
  for (const { id, text, type } of added) table.set(id, text, type, addedScore);
  checkBytes(table, path);
  return {
    model: "llama",
    pre: "default",
    table,
    addSpacePrefix: tokenizerConfig?.optional("add_prefix_space", "boolean") ?? model.addDummyPrefix,
    specials: { bos: model.bosId, eos: model.eosId, unk: model.unknownId },
  };
}

function checkKind(model: SentencepieceModel, path: string): void {
  if (model.modelType !== 2) {
    const kind = unconvertible.get(model.modelType) ?? `type ${model.modelType}`;
    throw checkpointError(
      `${path} is a sentencepiece model of kind ${kind}; only BPE, the kind of LLaMA models, can be converted.`,
    );
  }
  if (model.spaceAsSuffix || !model.escapeWhitespaces) {
    throw checkpointError(`${path} puts the space mark behind words, or has none, unlike LLaMA models.`);
  }
}

/** @throws {VanerError} `ERR_VANER_CHECKPOINT` if a byte has no token, so that some text could not be tokenized */
export function checkBytes(table: TokenTable, path: string): void {
  const bytes = new Set<string>();
  for (let id = 0; id < table.size; id++) {
    if (table.types[id] === tokenTypes.byte) bytes.add(table.text(id) ?? "");
  }
  for (let byte = 0; byte < 256; byte++) {
    const name = `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
    if (!bytes.delete(name))
      throw checkpointError(`${path} has no token ${name}: it was made without byte fallback.`);
  }
  for (const name of bytes)
    throw checkpointError(
      `${path} marks the token ${JSON.stringify(name)} as a byte, but its text is not a byte.`,
    );
}
