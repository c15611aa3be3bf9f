type Numbers = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float32Array;

/** Elements of a slab. Longer arrays are allocated by themselves. */
const slabLength = 16_384;

/**
 * Slab allocator for short typed arrays. An array of its own costs a call of the allocator when it is made and
 * another when it is collected, which takes longer than finding the words of a sentence. A slab is freed once all
 * arrays in it are garbage.
 */
export class Slab<Own extends Numbers> {
  readonly #make: (length: number) => Own;
  #numbers: Own;
  #used = 0;

  /** @param make allocates an array of zeros */
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

  /**
   * Shortens the array that was taken last. Its end, which must still be zeros, is taken next.
   * @returns the shortened array
   */
  shorten(last: Own, length: number): Own {
    if (last.buffer === this.#numbers.buffer) this.#used -= last.length - length;
    return last.subarray(0, length) as Own;
  }
}
