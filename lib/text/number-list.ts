import { type Steps, stride } from "../async/steps.js";

/** What numbers are appended to. */
export interface Numbers {
  push(value: number): unknown;
}

/** Growable list of numbers from 0 to 2^32 - 1, in chunks: an array of millions takes long to copy when it grows. */
export class NumberList implements Numbers {
  readonly #full: Uint32Array[] = [];
  #open: number[] = [];

  get length(): number {
    return this.#full.length * stride + this.#open.length;
  }

  push(value: number): void {
    this.#open.push(value);
    if (this.#open.length < stride) return;
    this.#full.push(Uint32Array.from(this.#open));
    this.#open = [];
  }

  /** @param index in range */
  at(index: number): number {
    const chunk = Math.floor(index / stride);
    return (this.#full[chunk] ?? this.#open)[index % stride] as number;
  }

  *toArray(): Steps<Uint32Array> {
    const numbers = new Uint32Array(this.length);
    for (const [index, chunk] of this.#full.entries()) {
      yield;
      numbers.set(chunk, index * stride);
    }
    numbers.set(this.#open, this.#full.length * stride);
    return numbers;
  }
}
