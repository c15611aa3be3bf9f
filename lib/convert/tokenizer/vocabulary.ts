import { describe } from "../../errors.js";
import { isStorable } from "../../gguf/metadata.js";
import { checkpointError } from "../checkpoint/errors.js";

/** Types of tokens, by the numbers that sentencepiece and llama.cpp share. */
export const tokenTypes = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

export type TokenType = (typeof tokenTypes)[keyof typeof tokenTypes];

export function isTokenType(type: number): type is TokenType {
  return Object.values<number>(tokenTypes).includes(type);
}

/** More rows are a damaged configuration: the largest vocabularies have 300,000 tokens. */
const mostTokens = 2 ** 21;

/** UTF-16 code units. The longest published tokens have 260. */
const longestToken = 1024;

/** Score of padding, below that of real tokens. */
const paddingScore = -10_000;

/** The tokens of a model by id, one for each row of its embedding. */
export class TokenTable {
  readonly size: number;
  readonly types: Int32Array;
  readonly scores: Float32Array;
  readonly #texts: (string | undefined)[] = [];
  readonly #file: string;

  /**
   * @param size rows of the model's embedding
   * @param file the tokens' file, for messages
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` for a size that no model has
   */
  constructor(size: number, file: string) {
    if (!Number.isInteger(size) || size < 1 || size > mostTokens) {
      throw checkpointError(
        `The model's embedding has ${size} rows, but a vocabulary has 1 to ${mostTokens} tokens. ` +
          `Check "vocab_size" in config.json.`,
      );
    }
    this.size = size;
    this.#file = file;
    this.types = new Int32Array(size).fill(tokenTypes.unused);
    this.scores = new Float32Array(size).fill(paddingScore);
  }

  /** The text of a token, or undefined if it is not set. */
  text(id: number): string | undefined {
    return this.#texts[id];
  }

  /**
   * Adds a token, or replaces the one with this id.
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` for an id without a row, or a text that GGUF cannot hold
   */
  set(id: number, text: string, type: TokenType, score = 0): void {
    if (!Number.isInteger(id) || id < 0) {
      throw checkpointError(
        `${this.#file} gives the token ${describe(text)} the id ${id}, which is not an index.`,
      );
    }
    if (id >= this.size) {
      throw checkpointError(
        `${this.#file} has the token ${describe(text)} with id ${id}, but the model's embedding has only ${this.size} rows. ` +
          "Use the tokenizer that the model was trained with, or remove the tokens that were added to it later.",
      );
    }
    if (text.length > longestToken) {
      throw checkpointError(
        `${this.#file}: token ${id} has ${text.length} characters: is it a tokenizer's file?`,
      );
    }
    if (!isStorable(text)) {
      throw checkpointError(
        `${this.#file}: token ${id} holds ${text.includes("\0") ? "a NUL" : "half a surrogate pair"}, which no GGUF file can hold. ` +
          "Save the tokenizer again with a current version of transformers.",
      );
    }
    this.#texts[id] = text;
    this.types[id] = type;
    this.scores[id] = score;
  }

  /**
   * All tokens by id. Rows behind the last token become `[PAD…]` tokens.
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` if an id is missing in between, or two tokens have the same text
   */
  padded(): string[] {
    const texts = Array.from({ length: this.size }, (_, id) => {
      const text = this.#texts[id];
      if (text !== undefined) return text;
      if (id >= this.#texts.length) return `[PAD${id}]`;
      throw checkpointError(`${this.#file} has no token with id ${id}, but some with larger ids.`);
    });
    const seen = new Map<string, number>();
    for (const [id, text] of texts.entries()) {
      // llama.cpp's name for a token without a text.
      const spelled = text || `[EMPTY_${id}]`;
      const twin = seen.get(spelled);
      if (twin !== undefined) {
        throw checkpointError(
          `${this.#file} has the token ${describe(spelled)} twice, with ids ${twin} and ${id}.`,
        );
      }
      seen.set(spelled, id);
    }
    return texts;
  }
}

/** A vocabulary, and how text becomes its tokens. */
export interface Vocabulary {
  /** `llama`: sentencepiece's BPE, merged by score; `gpt2`: byte-level BPE, merged by a list. */
  readonly model: "llama" | "gpt2";
  /** llama.cpp's name of the way to split text before merging. */
  readonly pre: string;
  readonly table: TokenTable;
  /** `left right`, in the order of their priority. Byte-level BPE only. */
  readonly merges?: readonly string[];
  /** Form of Unicode in which text is tokenized; empty or undefined: as it is. */
  readonly unicodeForm?: "NFC" | "";
  /** Whether a word gets a space mark in front. */
  readonly addSpacePrefix?: boolean;
  /** Special tokens in the vocabulary's own file, used if no configuration names them. */
  readonly specials: { readonly bos?: number; readonly eos?: number; readonly unk?: number };
}
