type Numbers = Uint8Array | Int32Array | Uint32Array | Float32Array;

/** Elements of a slab. Longer stretches are arrays of their own. */
const slabLength = 16_384;

/**
 * Short typed arrays, cut from long ones: one of its own costs a call to the allocator when it is made and another when it is
 * collected, which for the words of a sentence takes longer than finding them. A slab is free when all that was
 * cut from it is.
 */
export class Slab<Own extends Numbers> {
  readonly #make: (length: number) => Own;
  #numbers: Own;
  #used = 0;

  /** @param make makes an array of zeros */
  constructor(make: (length: number) => Own) {
    this.#make = make;
    this.#numbers = make(0);
  }

  /** An array of zeros. */
  take(length: number): Own {
    if (length > slabLength) return this.#make(length);
    if (this.#used + length > this.#numbers.length) {
      this.#numbers = this.#make(slabLength);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return this.#numbers.subarray(start, this.#used) as Own;
  }

  /** Makes the array that was taken last shorter; what is cut off, still zeros, is taken next. @returns what is left of it */
  shorten(last: Own, length: number): Own {
    if (last.buffer === this.#numbers.buffer) this.#used -= last.length - length;
    return last.subarray(0, length) as Own;
  }
}
