import { checkpointError } from "../errors.js";
import { optionalBoolean } from "../json.js";
import { type AddedToken, addedScore } from "./added-tokens.js";
import type { TokenizerFolder } from "./folder.js";
import type { SentencepieceModel } from "./sentencepiece-model.js";
import { TokenTable, type TokenType, tokenTypes, type Vocabulary } from "./vocabulary.js";

const unconvertible = new Map([
  [1, "unigram"],
  [3, "word"],
  [4, "character"],
]);

/**
 * The vocabulary of sentencepiece's `tokenizer.model`, of LLaMA 2's kind. The normalization that the file may ask for is
 * not looked at: LLaMA's fast tokenizer does none either.
 * @param size rows of the model's embedding
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export async function readSentencepiece(
  folder: TokenizerFolder,
  path: string,
  added: readonly AddedToken[],
  size: number,
): Promise<Vocabulary> {
  const table = new TokenTable(size, path);
  // Loaded when it is needed: its library would slow down the start of those who only recognize.
  const { readSentencepieceModel } = await import("./sentencepiece-model.js");
  const model = await readSentencepieceModel(path, size);
  checkKind(model, path);
  for (const [id, { text, score, type }] of model.pieces.entries()) {
    if (!Object.values<number>(tokenTypes).includes(type) || !Number.isFinite(score))
      throw checkpointError(`${path}: token ${id} has type ${type} and score ${score}, which no token has.`);
    table.set(id, text, type as TokenType, score);
  }
  for (const { id, text, type } of added) table.set(id, text, type, addedScore);
  checkBytes(table, path);
  const { tokenizerConfig: config } = folder;
  return {
    model: "llama",
    pre: "default",
    table,
    addSpacePrefix:
      (config && optionalBoolean(config.content, "add_prefix_space", config.path)) ?? model.addDummyPrefix,
    specials: { bos: model.bosId, eos: model.eosId, unk: model.unknownId },
  };
}

function checkKind(model: SentencepieceModel, path: string): void {
  if (model.modelType !== 2) {
    const kind = unconvertible.get(model.modelType) ?? `type ${model.modelType}`;
    throw checkpointError(
      `${path} is a sentencepiece model of kind ${kind}; only BPE, as LLaMA models use it, can be converted.`,
    );
  }
  if (model.spaceAsSuffix || !model.escapeWhitespaces) {
    throw checkpointError(`${path} puts the space mark behind words or has none, which LLaMA models do not.`);
  }
}

/**
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where a byte has no token, so that some text could not be tokenized
 */
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
    throw checkpointError(`${path} calls the token ${JSON.stringify(name)} a byte, which it does not spell.`);
}
