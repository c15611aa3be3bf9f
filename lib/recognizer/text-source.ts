import { onAbort, type StopSignal } from "../async/signals.js";
import { describe, invalidArgument } from "../errors.js";
import { readInput, type SourceText, type TextInput } from "../text/input.js";

/** Source of the texts of `recognizeStream`. */
export type TextSource = Iterable<TextInput> | AsyncIterable<TextInput>;

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` */
export function checkSource(source: unknown): asserts source is TextSource {
  if (typeof source === "string") {
    throw invalidArgument(
      "The texts must be an iterable of texts, not a string: for one text use `recognize`.",
    );
  }
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = Object(source);
  if (typeof source !== "object" || source === null || typeof (later ?? now) !== "function") {
    throw invalidArgument(
      `The texts must be an iterable or async iterable of texts, not ${describe(source)}.`,
    );
  }
}

/** How far a source is read ahead, in texts and in UTF-16 code units; the first limit that is reached counts. */
const aheadTexts = 64;
const aheadLength = 65_536;

type Read = { readonly source: SourceText } | { readonly failure: { readonly error: unknown } | undefined };

/** Reads texts from a source in batches, in the background while others are recognized. */
export class SourceReader {
  readonly #iterator: Iterator<TextInput> | AsyncIterator<TextInput>;
  readonly #signal: StopSignal;
  /** The running read, or one whose text is not taken yet. */
  #next: Promise<Read> | undefined;
  #reading = false;
  #count = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: TextSource, signal: StopSignal) {
    const asynchronous = (source as Partial<AsyncIterable<TextInput>>)[Symbol.asyncIterator];
    this.#iterator = asynchronous
      ? asynchronous.call(source)
      : (source as Iterable<TextInput>)[Symbol.iterator]();
    this.#signal = signal;
  }

  /** Whether the source has no more texts. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * The next batch. Without `running`: the next text, however long it takes. With `running`: all texts that
   * arrive before it settles, within the limits above.
   * @throws the signal's reason, or what `running` rejects with
   */
  async gather(running: Promise<unknown> | undefined): Promise<SourceText[]> {
    this.#signal.throwIfAborted();
    const over = running?.then(() => "over" as const);
    // Unhandled if there is nothing left to read; the caller awaits `running` itself.
    over?.catch(() => {});
    // New for each batch: a promise keeps everything that was raced against it, and a signal may live long.
    let unfollow = () => {};
    const aborted = new Promise<never>((_, reject) => {
      unfollow = onAbort(this.#signal, () => reject(this.#signal.reason));
    });
    aborted.catch(() => {});
    try {
      const ends = [aborted, ...(over ? [over] : [])];
      return await this.#gatherUntil(ends, running ? aheadTexts : 1);
    } finally {
      unfollow();
    }
  }

  async #gatherUntil(ends: readonly Promise<"over">[], most: number): Promise<SourceText[]> {
    const texts: SourceText[] = [];
    let length = 0;
    while (!this.#ended && texts.length < most && length < aheadLength) {
      this.#next ??= this.#read();
      const next = await Promise.race([this.#next, ...ends]);
      if (next === "over") break;
      this.#next = undefined;
      if ("failure" in next) {
        this.#ended = true;
        this.#failure = next.failure;
        break;
      }
      texts.push(next.source);
      length += next.source.text.length;
    }
    return texts;
  }

  /** Throws what the source threw. To be called once all texts before that are delivered. */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Tells the source that no more texts are wanted. Does not wait for a source that is stuck in a read. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const closing = (async () => this.#iterator.return?.())();
    if (this.#reading) closing.catch(() => {});
    else await closing;
  }

  async #read(): Promise<Read> {
    this.#reading = true;
    try {
      const { done, value } = await this.#iterator.next();
      if (done) return { failure: undefined };
      return { source: readInput(value, this.#count++) };
    } catch (error) {
      return { failure: { error } };
    } finally {
      this.#reading = false;
    }
  }
}
