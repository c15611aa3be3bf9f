import { onAbort, type StopSignal } from "../signals.js";

interface Waiting {
  readonly size: number;
  readonly enter: () => void;
}

/**
 * Lets work in up to a total size, first come, first served; the rest waits outside. Work that is
 * larger than the gate goes in alone.
 */
export class Gate {
  readonly #capacity: number;
  readonly #waiting = new Set<Waiting>();
  #inside = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /**
   * Waits for a place, runs `work`, and makes the place free again.
   * @throws the signal's reason, at once while waiting; what `work` throws
   */
  async run<Result>(size: number, work: () => Promise<Result>, signal: StopSignal): Promise<Result> {
    signal.throwIfAborted();
    if (this.#waiting.size > 0 || !this.#fits(size)) await this.#wait(size, signal);
    else this.#inside += size;
    try {
      return await work();
    } finally {
      this.#inside -= size;
      this.#admit();
    }
  }

  #fits(size: number): boolean {
    return this.#inside === 0 || this.#inside + size <= this.#capacity;
  }

  #wait(size: number, signal: StopSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = {
        size,
        enter: () => {
          unfollow();
          resolve();
        },
      };
      const unfollow = onAbort(signal, () => {
        unfollow();
        this.#waiting.delete(waiting);
        reject(signal.reason);
        this.#admit();
      });
      this.#waiting.add(waiting);
    });
  }

  #admit(): void {
    for (const waiting of this.#waiting) {
      if (!this.#fits(waiting.size)) return;
      this.#waiting.delete(waiting);
      this.#inside += waiting.size;
      waiting.enter();
    }
  }
}
