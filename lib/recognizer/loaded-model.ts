import { isPromise } from "../async/promises.js";
import { Semaphore } from "../async/semaphore.js";
import type { StopSignal } from "../async/signals.js";
import type { NativeModel, NativeModelInfo } from "../binding/native-addon.js";
import { LabelScheme } from "../decoding/scheme.js";
import { describe, invalidArgument, listed, VanerError } from "../errors.js";
import type { SourceText } from "../text/input.js";
import { Knowledge } from "./knowledge.js";
import type { Pass, Query } from "./query.js";
import { bertSegmentation } from "./segmentation/bert.js";
import type { Segmentation, TextUnits } from "./segmentation/segmentation.js";
import { spacedSegmentation } from "./segmentation/spaced.js";
import { tokenSegmentation } from "./segmentation/tokens.js";
import { wordSegmentation } from "./segmentation/words.js";

const segmentations: ReadonlyMap<string, Segmentation> = new Map(
  [wordSegmentation, tokenSegmentation, bertSegmentation, spacedSegmentation].map((segmentation) => [
    segmentation.id,
    segmentation,
  ]),
);

/** The least share of a sequence that an instruction must leave for the text. */
const leastShareOfText = 1 / 4;

/** Capacity of the cache of tokenized instructions; callers may invent datasets without end. */
const mostPrefixes = 256;

/** Most tokens in the native queue: enough for batches of any size, and a bound on its memory. */
const queuedTokens = 65_536;

/** A pass whose instruction is tokenized. */
export interface PreparedPass {
  /** Tokens in front of the text: the start token, if the model has one, and the instruction. */
  readonly prefix: Int32Array;
  /** The token behind the text, if the model has one. */
  readonly suffix: readonly number[];
  /** Tokens of text that fit behind the prefix. */
  readonly room: number;
  /** Most tokens of a passage, at most `room`. 0: each sentence is read by itself. */
  readonly passageTokens: number;
  readonly outputs: Pass["outputs"];
}

/** A loaded model, what its file says, and a cache of tokenized instructions. */
export class LoadedModel {
  readonly native: NativeModel;
  /** Most CPU threads that work for this model at a time. */
  readonly threads: number;
  readonly info: NativeModelInfo;
  readonly knowledge: Knowledge;
  /** Admits the encoder calls of all callers to the native queue; one permit is one token. */
  readonly queue = new Semaphore(queuedTokens);
  /** Tokens and calls that were given to the encoder. */
  readonly given = { tokens: 0, calls: 0 };
  /** What the labels stand for. */
  readonly scheme: LabelScheme;
  /** Longest sequence, in tokens. */
  readonly #longest: number;
  readonly #segmentation: Segmentation;
  readonly #prefixes = new Map<string, Int32Array | Promise<Int32Array>>();

  /** @throws {VanerError} `ERR_VANER_MODEL_FORMAT` if the file needs another version of this package */
  constructor(native: NativeModel, threads: number) {
    const { info } = native;
    const segmentation = segmentations.get(info.words);
    if (!segmentation) {
      throw new VanerError(
        "ERR_VANER_MODEL_FORMAT",
        `The model was trained on the segmentation ${describe(info.words)}, but this version knows only ${listed(segmentations.keys())}: update vaner-native.`,
      );
    }
    this.native = native;
    this.threads = threads;
    this.info = info;
    this.knowledge = new Knowledge(info, segmentation.aggregations);
    this.#segmentation = segmentation;
    this.scheme = new LabelScheme(info);
    this.#longest = Math.min(info.contextLength, info.maxTokens > 0 ? info.maxTokens : info.contextLength);
  }

  /**
   * Tokenizes the instructions of passes.
   * @returns a promise only where an instruction is new
   * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` for an instruction that leaves too little room for text
   */
  prepare(passes: readonly Pass[]): PreparedPass[] | Promise<PreparedPass[]> {
    const prepared: PreparedPass[] = [];
    for (const pass of passes) {
      const prefix = this.#prefixOf(pass.instruction);
      if (isPromise(prefix)) return this.#prepareAsync(passes);
      prepared.push(this.#behind(prefix, pass));
    }
    return prepared;
  }

  /**
   * Cuts texts into the units that get labels, and tokenizes them.
   * @returns a promise only where a word is new
   * @throws the signal's reason
   */
  tokenize(
    texts: readonly SourceText[],
    { lines, aggregation }: Pick<Query, "lines" | "aggregation">,
    signal: StopSignal,
  ): TextUnits[] | Promise<TextUnits[]> {
    const reading = { scheme: this.scheme, lines, byToken: aggregation === "simple" };
    return this.#segmentation.tokenize(this.native, texts, reading, signal);
  }

  #prepareAsync(passes: readonly Pass[]): Promise<PreparedPass[]> {
    return Promise.all(
      passes.map(async (pass) => this.#behind(await this.#prefixOf(pass.instruction), pass)),
    );
  }

  #behind(prefix: Int32Array, { instruction, outputs }: Pass): PreparedPass {
    const suffix = this.info.lastToken >= 0 ? [this.info.lastToken] : [];
    const room = this.#longest - prefix.length - suffix.length;
    if (room < this.#longest * leastShareOfText) {
      throw invalidArgument(
        `The instruction ${describe(instruction)} takes ${prefix.length} of the model's ${this.#longest} tokens and leaves too few for text: shorten it.`,
      );
    }
    return { prefix, suffix, room, passageTokens: Math.min(this.info.passageTokens, room), outputs };
  }

  /** The cache is shared by all callers, so no caller's signal may stop the tokenizing. */
  #prefixOf(instruction: string): Int32Array | Promise<Int32Array> {
    const known = this.#prefixes.get(instruction);
    if (known) return known;
    const prefix = this.#tokenizePrefix(instruction);
    const [oldest] = this.#prefixes.keys();
    if (oldest !== undefined && this.#prefixes.size >= mostPrefixes) this.#prefixes.delete(oldest);
    this.#prefixes.set(instruction, prefix);
    prefix.then(
      (tokens) => this.#prefixes.has(instruction) && this.#prefixes.set(instruction, tokens),
      () => this.#prefixes.delete(instruction),
    );
    return prefix;
  }

  async #tokenizePrefix(instruction: string): Promise<Int32Array> {
    const start = this.info.bosToken >= 0 ? [this.info.bosToken] : [];
    if (instruction === "") return Int32Array.from(start);
    const tokens = await this.#segmentation.instructionTokens(this.native, instruction);
    return Int32Array.from([...start, ...tokens]);
  }
}
