import type { Entity } from "../../../decoding/entities.js";
import type { Calls } from "./calls.js";
import { CallFailure } from "./failure.js";

/** Milliseconds without a key until a text is sent. */
const pause = 250;

/** Recognizes what is typed, in its pauses. Only the latest text counts: the calls for older ones are aborted. */
export class LiveRecognition {
  readonly #calls: Calls;
  readonly #answer: (entities: readonly Entity[]) => void;
  readonly #failure: (failure: CallFailure) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #call = new AbortController();

  constructor(
    calls: Calls,
    answer: (entities: readonly Entity[]) => void,
    failure: (failure: CallFailure) => void,
  ) {
    this.#calls = calls;
    this.#answer = answer;
    this.#failure = failure;
  }

  /** @param delay in milliseconds */
  request(text: string, delay = pause): void {
    clearTimeout(this.#timer);
    this.#call.abort();
    if (text.trim() === "") this.#answer([]);
    else this.#timer = setTimeout(() => this.#recognize(text), delay);
  }

  async #recognize(text: string): Promise<void> {
    this.#call = new AbortController();
    const { signal } = this.#call;
    try {
      const entities = await this.#calls.recognize(text, signal);
      if (!signal.aborted) this.#answer(entities);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CallFailure)) throw error;
      const { message, status, retryAfter } = error;
      if (retryAfter === undefined) return this.#failure(error);
      const unit = retryAfter === 1 ? "second" : "seconds";
      this.request(text, 1000 * retryAfter);
      this.#failure(new CallFailure(`${message} Trying again in ${retryAfter} ${unit}.`, status));
    }
  }
}
