import { VanerError } from "../errors.js";

/** Collects little-endian bytes. Numbers out of range are defects of the caller. */
export class ByteWriter {
  #bytes = Buffer.alloc(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u32(value: number): void {
    need(Number.isInteger(value) && value >= 0 && value < 2 ** 32, value, "u32");
    const at = this.#reserve(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  i32(value: number): void {
    need(Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31, value, "i32");
    const at = this.#reserve(4);
    this.#bytes.writeInt32LE(value, at);
  }

  u64(value: number): void {
    need(Number.isSafeInteger(value) && value >= 0, value, "u64");
    const at = this.#reserve(8);
    this.#bytes.writeBigUInt64LE(BigInt(value), at);
  }

  f32(value: number): void {
    const at = this.#reserve(4);
    this.#bytes.writeFloatLE(value, at);
  }

  u8(value: number): void {
    need(Number.isInteger(value) && value >= 0 && value < 256, value, "u8");
    const at = this.#reserve(1);
    this.#bytes.writeUInt8(value, at);
  }

  /** The length in bytes, then the text as UTF-8. */
  string(text: string): void {
    const length = Buffer.byteLength(text);
    this.u64(length);
    const at = this.#reserve(length);
    this.#bytes.write(text, at, "utf8");
  }

  /** Zeros up to the next multiple of `alignment`. */
  pad(alignment: number): void {
    const end = Math.ceil(this.#length / alignment) * alignment;
    const at = this.#reserve(end - this.#length);
    this.#bytes.fill(0, at, end);
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.alloc(2 * this.#length);
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}

function need(sound: boolean, value: number, type: string): void {
  if (!sound) throw new VanerError("ERR_VANER_INTERNAL", `${value} cannot be written as ${type}.`);
}
