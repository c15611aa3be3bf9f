import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../errors.js";
import { ConfigObject } from "../checkpoint/config-object.js";
import { checkpointError } from "../checkpoint/errors.js";

/** The files of a checkpoint that say how text becomes tokens. */
export interface TokenizerFolder {
  /** Path of the folder. */
  readonly path: string;
  /** Path of sentencepiece's `tokenizer.model`. */
  readonly sentencepiece: string | undefined;
  /** Path of sentencepiece's `sentencepiece.bpe.model`, of kind unigram whatever its name says. */
  readonly unigram: string | undefined;
  /** Path of WordPiece's `vocab.txt`. */
  readonly wordpiece: string | undefined;
  /** Paths of the files of a byte-level BPE without `tokenizer.json`. */
  readonly bpe: { readonly vocabulary: string; readonly merges: string } | undefined;
  readonly tokenizer: ConfigObject | undefined;
  readonly tokenizerConfig: ConfigObject | undefined;
  readonly addedTokens: ConfigObject | undefined;
  readonly config: ConfigObject | undefined;
}

/** @throws {VanerError} `ERR_VANER_CHECKPOINT` if the folder or one of the files cannot be read */
export async function readTokenizerFolder(path: string): Promise<TokenizerFolder> {
  const names = await readdir(path).catch((cause: unknown) => {
    throw checkpointError(`The checkpoint's folder ${path} cannot be read: ${messageOf(cause)}.`, { cause });
  });
  const read = async (name: string): Promise<ConfigObject | undefined> =>
    names.includes(name) ? ConfigObject.read(join(path, name)) : undefined;
  return {
    path,
    sentencepiece: names.includes("tokenizer.model") ? join(path, "tokenizer.model") : undefined,
    unigram: names.includes("sentencepiece.bpe.model") ? join(path, "sentencepiece.bpe.model") : undefined,
    wordpiece: names.includes("vocab.txt") ? join(path, "vocab.txt") : undefined,
    bpe: ["vocab.json", "merges.txt"].every((name) => names.includes(name))
      ? { vocabulary: join(path, "vocab.json"), merges: join(path, "merges.txt") }
      : undefined,
    tokenizer: await read("tokenizer.json"),
    tokenizerConfig: await read("tokenizer_config.json"),
    addedTokens: await read("added_tokens.json"),
    config: await read("config.json"),
  };
}
