import { LinkedStop, type StopSignal } from "./signals.js";

/**
 * Structured concurrency: pieces of work that run at the same time and end together. The first failure, or the
 * caller's signal, stops all other pieces.
 */
export class WorkGroup {
  /** Aborted when the work must stop. */
  readonly stop: StopSignal;
  readonly #stop: LinkedStop;
  readonly #width: number;
  #running = 0;
  #onEnd = () => {};

  private constructor(width: number, signal: StopSignal | undefined) {
    this.#width = width;
    this.#stop = new LinkedStop(signal);
    this.stop = this.#stop;
  }

  /**
   * Runs `body`, which starts the pieces. Settles only when every piece has ended.
   * @param width most pieces at a time
   * @returns what `body` returns
   * @throws the signal's reason, or the first failure of a piece or of `body`
   */
  static async run<Result>(
    width: number,
    body: (group: WorkGroup) => Promise<Result>,
    signal?: StopSignal,
  ): Promise<Result> {
    const group = new WorkGroup(width, signal);
    try {
      const result = await body(group);
      group.stop.throwIfAborted();
      return result;
    } catch (error) {
      group.#stop.abort(error);
      throw group.stop.reason;
    } finally {
      // Short work has ended by now and needs no extra promise.
      if (group.#running > 0) await group.#fewerThan(1);
      group.#stop.unlink();
    }
  }

  /**
   * Back-pressure: waits for a free slot. Called by `body` alone, before it makes the next piece.
   * @returns undefined if a slot is free now, so that short work needs no extra promise
   * @throws the reason to stop
   */
  freeSlot(): undefined | Promise<void> {
    this.stop.throwIfAborted();
    if (this.#running < this.#width) return undefined;
    return this.#fewerThan(this.#width).then(() => this.stop.throwIfAborted());
  }

  /** Starts a piece, unless the group has stopped. Its failure stops the group, so the promise may go unobserved. */
  start<Result>(piece: (stop: StopSignal) => Promise<Result>): Promise<Result> {
    const result = this.#run(piece);
    result.catch(() => {});
    return result;
  }

  async #run<Result>(piece: (stop: StopSignal) => Promise<Result>): Promise<Result> {
    this.#running++;
    try {
      this.stop.throwIfAborted();
      return await piece(this.stop);
    } catch (error) {
      this.#stop.abort(error);
      throw error;
    } finally {
      this.#running--;
      this.#onEnd();
    }
  }

  async #fewerThan(count: number): Promise<void> {
    while (this.#running >= count) {
      await new Promise<void>((resolve) => {
        this.#onEnd = resolve;
      });
    }
  }
}
