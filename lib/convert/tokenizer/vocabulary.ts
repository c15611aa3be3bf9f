import { describe } from "../../errors.js";
import { checkpointError } from "../errors.js";

/** What a token stands for, by llama.cpp's numbers, which are sentencepiece's too. */
export const tokenTypes = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

export type TokenType = (typeof tokenTypes)[keyof typeof tokenTypes];

/** Rows of an embedding beyond this are a damaged configuration: the largest vocabularies have some 300,000 tokens. */
const mostTokens = 2 ** 21;

/** UTF-16 code units. The longest tokens that are published have some 260. */
const longestToken = 1024;

/** The rank of padding; sentencepiece's own are above -2^24. */
const paddingScore = -10_000;

/** The tokens of a model by id: a row for each row of its embedding. */
export class TokenTable {
  readonly size: number;
  readonly types: Int32Array;
  readonly scores: Float32Array;
  readonly #texts: (string | undefined)[] = [];
  readonly #file: string;

  /**
   * @param size rows of the model's embedding
   * @param file where the tokens are from, for messages
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

  /** The text of a token, or undefined where the table has none yet. */
  text(id: number): string | undefined {
    return this.#texts[id];
  }

  /**
   * Adds a token, or puts it in the place of the one of that id.
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` for an id without a row, or a text that no file can hold
   */
  set(id: number, text: string, type: TokenType, score = 0): void {
    if (!Number.isInteger(id) || id < 0) {
      throw checkpointError(
        `${this.#file} gives the token ${describe(text)} the id ${id}, which is no index.`,
      );
    }
    if (id >= this.size) {
      throw checkpointError(
        `${this.#file} has the token ${describe(text)} with id ${id}, but the model's embedding has ${this.size} rows only. ` +
          "Use the tokenizer that the model was trained with, or remove the tokens that were added to it later.",
      );
    }
    if (text.length > longestToken) {
      throw checkpointError(
        `${this.#file}: token ${id} has ${text.length} characters: is it a tokenizer's file?`,
      );
    }
    if (/[\0\p{Surrogate}]/u.test(text)) {
      throw checkpointError(
        `${this.#file}: token ${id} holds ${text.includes("\0") ? "a NUL" : "half a surrogate pair"}, which no GGUF file can. ` +
          "Save the tokenizer again with a current version of transformers.",
      );
    }
    this.#texts[id] = text;
    this.types[id] = type;
    this.scores[id] = score;
  }

  /**
   * All tokens in the order of their ids; rows behind the last one become `[PAD…]` tokens.
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` where an id in between is missing, or two tokens are spelled alike
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
      // What llama.cpp calls a token without a text.
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

/** A vocabulary and how text becomes its tokens. */
export interface Vocabulary {
  /** `llama`: sentencepiece's BPE, merged by score; `gpt2`: byte-level BPE, merged by a list. */
  readonly model: "llama" | "gpt2";
  /** llama.cpp's name of how text is split before merging. */
  readonly pre: string;
  readonly table: TokenTable;
  /** `left right`, the earliest first. Byte-level BPE only. */
  readonly merges?: readonly string[];
  /** Whether a word gets a space mark in front. */
  readonly addSpacePrefix?: boolean;
  /** Special tokens that the vocabulary's own file names, for where no configuration does. */
  readonly specials: { readonly bos?: number; readonly eos?: number; readonly unk?: number };
}
