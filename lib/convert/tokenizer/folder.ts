import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkpointError } from "../errors.js";
import { type JsonObject, readJsonObject } from "../json.js";
import { messageOf } from "../weights/file.js";

/** A JSON file of a checkpoint, with its path for messages. */
export interface JsonFile {
  readonly path: string;
  readonly content: JsonObject;
}

/** The files that say how text becomes tokens. */
export interface TokenizerFolder {
  /** The folder itself. */
  readonly path: string;
  /** Path of sentencepiece's `tokenizer.model`. */
  readonly sentencepiece: string | undefined;
  readonly tokenizer: JsonFile | undefined;
  readonly tokenizerConfig: JsonFile | undefined;
  readonly addedTokens: JsonFile | undefined;
  readonly config: JsonFile | undefined;
}

/** @throws {VanerError} `ERR_VANER_CHECKPOINT` where the folder or one of the files cannot be read */
export async function readTokenizerFolder(path: string): Promise<TokenizerFolder> {
  const names = await readdir(path).catch((cause: unknown) => {
    throw checkpointError(`The checkpoint's folder ${path} cannot be read: ${messageOf(cause)}.`, { cause });
  });
  const read = async (name: string): Promise<JsonFile | undefined> => {
    if (!names.includes(name)) return undefined;
    const file = join(path, name);
    return { path: file, content: await readJsonObject(file) };
  };
  return {
    path,
    sentencepiece: names.includes("tokenizer.model") ? join(path, "tokenizer.model") : undefined,
    tokenizer: await read("tokenizer.json"),
    tokenizerConfig: await read("tokenizer_config.json"),
    addedTokens: await read("added_tokens.json"),
    config: await read("config.json"),
  };
}
