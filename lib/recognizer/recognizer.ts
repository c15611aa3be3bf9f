import type { NativeModelInfo } from "../binding/native-addon.js";
import type { Entity } from "../decoding/entities.js";
import { describe, invalidArgument, VanerError } from "../errors.js";
import type { StopSignal } from "../signals.js";
import { readInput, type SourceText, type TextInput } from "../text/input.js";
import type { Engine } from "./engine.js";
import { type LoadOptions, loadEngine } from "./load.js";
import { recognizeTexts } from "./pipeline.js";
import { checkSource, type TextSource } from "./reader.js";
import type { RecognizeOptions, Request } from "./request.js";
import { Requests } from "./requests.js";
import { type RecognizedText, streamTexts } from "./stream.js";

/** What a model is and was trained with. */
export type ModelInfo = NativeModelInfo;

/**
 * Finds the entities of texts with one loaded model. Make one and keep it: loading takes most of the
 * time and memory. Calls may overlap, from anywhere; results never depend on what else is under way.
 *
 * ```ts
 * await using recognizer = await Recognizer.load();
 * const entities = await recognizer.recognize("Aspirin can cause asthma.", { types: ["Disease"] });
 * ```
 */
export class Recognizer {
  readonly #engine: Engine;
  readonly #requests: Requests;
  readonly #running = new Set<Promise<unknown>>();
  #disposal: Promise<void> | undefined;

  private constructor(engine: Engine) {
    this.#engine = engine;
    this.#requests = new Requests(engine.knowledge);
  }

  /**
   * Loads a model.
   * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` for an option; `ERR_VANER_NATIVE_LOAD` where
   *   there is no addon for this system; `ERR_VANER_MODEL_…` for a file that is missing, damaged or no
   *   VANER model, or an adapter of another model; `ERR_VANER_DEVICE`, `ERR_VANER_OUT_OF_MEMORY`. Rejects with the signal's reason.
   */
  static async load(options: LoadOptions = {}): Promise<Recognizer> {
    checkObject(options);
    return new Recognizer(await loadEngine(options));
  }

  /** Entity types that the model was trained on: what is looked for when a call names none. */
  get types(): readonly string[] {
    return this.#engine.knowledge.types;
  }

  /** What the model is and was trained with. */
  get info(): ModelInfo {
    return this.#engine.info;
  }

  /**
   * Finds the entities of a text of any length, empty included. Nothing is cut: a sentence that is
   * longer than what the model was trained on (where the model tags tokens: a text) is read in windows
   * that overlap by half, and each word is judged where it has the most context. Only a single word with more tokens than a sequence
   * holds (some hundred letters of sequence data, say) is judged by its first ones.
   * @param text a text, or the words of one sentence, which are then read as they are cut
   * @returns the entities by start, then end, then type; `text.slice(start, end)` is each one's text
   * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`, `ERR_VANER_UNKNOWN_TYPE`, `ERR_VANER_UNKNOWN_DATASET`
   *   or `ERR_VANER_UNKNOWN_INSTRUCTION` before any work; `ERR_VANER_DISPOSED`; `ERR_VANER_COMPUTE`,
   *   `ERR_VANER_DEVICE` or `ERR_VANER_OUT_OF_MEMORY`. Rejects with the signal's reason.
   */
  async recognize(text: TextInput, options: RecognizeOptions = {}): Promise<Entity[]> {
    this.#checkUsable();
    const source = readInput(text);
    const request = this.#read(options);
    const [entities] = await this.#run([source], request, options.signal);
    return entities as Entity[];
  }

  /**
   * Finds the entities of several texts at once: the same as one by one, sooner.
   * @returns the entities of each text, in the order of the texts
   * @throws as {@link recognize}
   */
  async recognizeBatch(texts: readonly TextInput[], options: RecognizeOptions = {}): Promise<Entity[][]> {
    this.#checkUsable();
    if (!Array.isArray(texts)) throw invalidArgument(`The texts must be an array, not ${describe(texts)}.`);
    const sources = Array.from(texts as readonly TextInput[], readInput);
    const request = this.#read(options);
    return this.#run(sources, request, options.signal);
  }

  /**
   * Finds the entities of texts as they come from an iterable or async iterable, in order. Reads
   * ahead by at most 128 texts or 128 Ki code units (or one text that is longer), so any number of
   * texts passes through in bounded memory. Texts before a failure of the source are delivered first.
   * @throws as {@link recognize}, at the first step; and whatever the source throws
   */
  async *recognizeStream(
    texts: TextSource,
    options: RecognizeOptions = {},
  ): AsyncGenerator<RecognizedText, void, undefined> {
    this.#checkUsable();
    checkSource(texts);
    const request = this.#read(options);
    const recognize = (batch: readonly SourceText[], signal: StopSignal) => this.#run(batch, request, signal);
    yield* streamTexts(texts, recognize, options.signal);
  }

  /**
   * Frees the model, once what is under way has ended. Calls made from now on reject with
   * `ERR_VANER_DISPOSED`. May be called again. A recognizer that is not disposed of is freed when it
   * is garbage, and never keeps the process alive.
   */
  dispose(): Promise<void> {
    this.#disposal ??= (async () => {
      await Promise.allSettled(this.#running);
      await this.#engine.native.dispose();
    })();
    return this.#disposal;
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #read(options: RecognizeOptions): Request {
    checkObject(options);
    return this.#requests.read(options);
  }

  async #run(
    texts: readonly SourceText[],
    request: Request,
    signal: StopSignal | undefined,
  ): Promise<Entity[][]> {
    this.#checkUsable();
    const work = recognizeTexts(this.#engine, texts, request, signal);
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  #checkUsable(): void {
    if (this.#disposal) {
      throw new VanerError("ERR_VANER_DISPOSED", "The recognizer was disposed of: load another one.");
    }
  }
}

function checkObject(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(`The options must be an object, not ${describe(options)}.`);
  }
}
