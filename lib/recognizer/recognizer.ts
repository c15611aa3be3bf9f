import type { StopSignal } from "../async/signals.js";
import type { NativeModelInfo as ModelInfo } from "../binding/native-addon.js";
import type { Entity } from "../decoding/entities.js";
import { describe, invalidArgument, VanerError } from "../errors.js";
import { readInput, type SourceText, type TextInput } from "../text/input.js";
import { type LoadOptions, loadModel } from "./load.js";
import type { LoadedModel } from "./loaded-model.js";
import { recognizeTexts } from "./pipeline.js";
import { checkRecognizeNames, type Query, type RecognizeOptions } from "./query.js";
import { QueryCache } from "./query-cache.js";
import { type RecognizedText, streamTexts } from "./stream.js";
import { checkSource, type TextSource } from "./text-source.js";

/** The work of a recognizer, for those who watch a server. */
export interface Statistics {
  /** Tokens that were given to the encoder. */
  readonly tokens: number;
  /** Calls of the encoder. */
  readonly calls: number;
  /** Batches that the encoder computed, for all recognizers that share it, and the tokens of all of them. */
  readonly batches: number;
  readonly batchTokens: number;
  /** Tokens in the queue of the encoder. */
  readonly tokensUnderWay: number;
  /** Calls that wait for a place in the queue. */
  readonly callsWaiting: number;
}

/** Internal: not part of the API. */
export let statisticsOf: (recognizer: Recognizer) => Statistics;

/**
 * Finds the entities of texts with one loaded model. Create one and keep it: loading takes most of the time and
 * memory. Calls may run at the same time; results never depend on other calls.
 *
 * ```ts
 * await using recognizer = await Recognizer.load();
 * const entities = await recognizer.recognize("Aspirin can cause asthma.", { types: ["Disease"] });
 * ```
 */
export class Recognizer {
  readonly #model: LoadedModel;
  readonly #queries: QueryCache;
  readonly #running = new Set<Promise<unknown>>();
  #disposal: Promise<void> | undefined;

  static {
    statisticsOf = (recognizer) => {
      const { given, queue, native } = recognizer.#model;
      const { count, tokens } = native.batches();
      return {
        ...given,
        batches: count,
        batchTokens: tokens,
        tokensUnderWay: queue.taken,
        callsWaiting: queue.waiting,
      };
    };
  }

  private constructor(model: LoadedModel) {
    this.#model = model;
    this.#queries = new QueryCache(model.knowledge);
  }

  /**
   * Loads a model.
   * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` for an option; `ERR_VANER_NATIVE_LOAD` if there is no
   *   addon for this system; `ERR_VANER_MODEL_…` for a file that is missing, damaged or not a VANER model, or
   *   an adapter of another model; `ERR_VANER_DEVICE`; `ERR_VANER_OUT_OF_MEMORY`. The signal's reason
   */
  static async load(options: LoadOptions = {}): Promise<Recognizer> {
    return new Recognizer(await loadModel(options));
  }

  /** Entity types that the model was trained on: the default of `types`. */
  get types(): readonly string[] {
    return this.#model.knowledge.types;
  }

  /** What the model is, and what it was trained with. */
  get info(): ModelInfo {
    return this.#model.info;
  }

  /**
   * Finds the entities of a text of any length, even an empty one. No text is cut off: a sentence that is longer
   * than the model's sequences is read in windows that overlap by half, and each word gets its label from the
   * window in which it has the most context. (Models that label tokens read the whole text this way.) The one
   * exception is a word that alone exceeds a sequence, such as hundreds of letters of sequence data: only its
   * first tokens are read.
   * @param text a text, or one sentence that is already split into words
   * @returns the entities by start, then end, then type; an entity's text is `text.slice(start, end)`
   * @throws {VanerError} before any work: `ERR_VANER_INVALID_ARGUMENT`, `ERR_VANER_UNKNOWN_TYPE`,
   *   `ERR_VANER_UNKNOWN_DATASET`, `ERR_VANER_UNKNOWN_INSTRUCTION`, `ERR_VANER_DISPOSED`. Later:
   *   `ERR_VANER_COMPUTE`, `ERR_VANER_DEVICE`, `ERR_VANER_OUT_OF_MEMORY`, the signal's reason
   */
  async recognize(text: TextInput, options: RecognizeOptions = {}): Promise<Entity[]> {
    this.#checkUsable();
    const source = readInput(text);
    const query = this.#resolve(options);
    const [entities = []] = await this.#run([source], query, options.signal);
    return entities;
  }

  /**
   * Finds the entities of several texts. Same results as text by text, but faster.
   * @returns the entities of each text, in the order of the texts
   * @throws as {@link recognize}
   */
  async recognizeBatch(texts: readonly TextInput[], options: RecognizeOptions = {}): Promise<Entity[][]> {
    this.#checkUsable();
    if (!Array.isArray(texts)) throw invalidArgument(`The texts must be an array, not ${describe(texts)}.`);
    const sources = Array.from<unknown, SourceText>(texts, readInput);
    const query = this.#resolve(options);
    return this.#run(sources, query, options.signal);
  }

  /**
   * Finds the entities of texts from an iterable or async iterable, in order. Memory is bounded: the source is
   * read at most 128 texts or 128 Ki UTF-16 code units ahead (or one longer text). If the source throws, the
   * texts before that are delivered first.
   * @throws as {@link recognize}, when the first result is asked for; whatever the source throws
   */
  async *recognizeStream(
    texts: TextSource,
    options: RecognizeOptions = {},
  ): AsyncGenerator<RecognizedText, void, undefined> {
    this.#checkUsable();
    checkSource(texts);
    const query = this.#resolve(options);
    const recognize = (batch: readonly SourceText[], signal: StopSignal) => this.#run(batch, query, signal);
    yield* streamTexts(texts, recognize, options.signal);
  }

  /**
   * Frees the model once running calls have ended. Later calls reject with `ERR_VANER_DISPOSED`. Idempotent. A
   * recognizer that is never disposed of is freed by garbage collection, and does not keep the process alive.
   */
  dispose(): Promise<void> {
    this.#disposal ??= (async () => {
      await Promise.allSettled(this.#running);
      await this.#model.native.dispose();
    })();
    return this.#disposal;
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #resolve(options: RecognizeOptions): Query {
    checkRecognizeNames(options);
    return this.#queries.resolve(options);
  }

  async #run(
    texts: readonly SourceText[],
    query: Query,
    signal: StopSignal | undefined,
  ): Promise<Entity[][]> {
    this.#checkUsable();
    const work = recognizeTexts(this.#model, texts, query, signal);
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  #checkUsable(): void {
    if (this.#disposal) {
      throw new VanerError("ERR_VANER_DISPOSED", "The recognizer is disposed of: load another one.");
    }
  }
}
