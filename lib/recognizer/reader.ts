import { describe, invalidArgument } from "../errors.js";
import { onAbort, type StopSignal } from "../signals.js";
import { readInput, type SourceText, type TextInput } from "../text/input.js";

/** Where a stream's texts come from. */
export type TextSource = Iterable<TextInput> | AsyncIterable<TextInput>;

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` */
export function checkSource(source: unknown): asserts source is TextSource {
  if (typeof source === "string") {
    throw invalidArgument("The texts must be an iterable of texts: for one text use `recognize`.");
  }
  if (
    typeof source !== "object" ||
    source === null ||
    !(Symbol.asyncIterator in source || Symbol.iterator in source)
  ) {
    throw invalidArgument(
      `The texts must be an iterable or async iterable of texts, not ${describe(source)}.`,
    );
  }
}

/** How far a source is read ahead of what is being recognized: whichever is reached first. */
const aheadTexts = 64;
const aheadLength = 65_536;

type Read = { readonly source: SourceText } | { readonly failure: { readonly error: unknown } | undefined };

/** Reads texts from a source in batches, in the background while others are being recognized. */
export class Reader {
  readonly #iterator: Iterator<TextInput> | AsyncIterator<TextInput>;
  readonly #signal: StopSignal;
  /** The read under way or not yet taken. */
  #next: Promise<Read> | undefined;
  #reading = false;
  #count = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: TextSource, signal: StopSignal) {
    this.#iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#signal = signal;
  }

  /** Whether the source has no more texts. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * The next batch. Without `running` it is the next text, however long it takes to come; with it,
   * all texts that come until `running` has settled, within the bounds above.
   * @throws the signal's reason, or what `running` rejects with
   */
  async gather(running: Promise<unknown> | undefined): Promise<SourceText[]> {
    this.#signal.throwIfAborted();
    const over = running?.then(() => "over" as const);
    // Not raced against where there is nothing left to read; the caller awaits `running` itself.
    over?.catch(() => {});
    // Made anew for every batch: a promise keeps what was ever raced against it, and the signal may outlive many texts.
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

  /** Throws what the source threw, once everything before it was delivered. */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Tells the source that no more is wanted. Does not wait for a source that is stuck in a read. */
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
