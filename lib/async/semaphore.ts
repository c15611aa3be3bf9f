import { onAbort, type StopSignal } from "./signals.js";

interface Waiting {
  readonly size: number;
  readonly enter: () => void;
}

/**
 * Counting semaphore, first come, first served. Work takes as many permits as its size; work that is larger
 * than the whole semaphore runs alone.
 */
export class Semaphore {
  readonly #capacity: number;
  readonly #waiting = new Set<Waiting>();
  #taken = 0;

  /** @param capacity permits in total */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Permits that are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Works that wait for their permits. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for `size` permits, runs `work`, and returns the permits.
   * @throws the signal's reason, at once while waiting; whatever `work` throws
   */
  async run<Result>(size: number, work: () => Promise<Result>, signal: StopSignal): Promise<Result> {
    signal.throwIfAborted();
    if (this.#waiting.size > 0 || !this.#fits(size)) await this.#wait(size, signal);
    else this.#taken += size;
    try {
      return await work();
    } finally {
      this.#taken -= size;
      this.#admit();
    }
  }

  #fits(size: number): boolean {
    return this.#taken === 0 || this.#taken + size <= this.#capacity;
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
      this.#taken += waiting.size;
      waiting.enter();
    }
  }
}
