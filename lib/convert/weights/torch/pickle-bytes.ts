import { fetchAgain } from "../../checkpoint/file.js";

/** The cause and the remedy of a pickle that cannot be read. {@link readPickle} adds the file's name. */
export class PickleError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy = fetchAgain) {
    super(message);
    this.remedy = remedy;
  }
}

/** The remedy for a pickle that holds more than plain data. */
export const saveAsSafetensors =
  "No code of a checkpoint is run. If you trust the file, load it in Python and save its tensors as safetensors.";

/** Bytes of the longest integer that is read: far beyond 64 bits, and quick to convert. */
const longestInteger = 256;

/** Reads the bytes of a pickle from front to end. Checks every length, since they come from the file. */
export class PickleBytes {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next bytes, as a view. */
  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new PickleError("it ends too early");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16LE();
  }

  u32(): number {
    return this.take(4).readUInt32LE();
  }

  i32(): number {
    return this.take(4).readInt32LE();
  }

  /** A length of 8 bytes. */
  u64(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  f64(): number {
    return this.take(8).readDoubleBE();
  }

  text(length: number): string {
    const bytes = this.take(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new PickleError("one of its strings is not in UTF-8");
    }
  }

  /** The bytes up to the next line feed, without it. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw new PickleError("it ends too early");
    const line = this.text(end - this.#at);
    this.#at++;
    return line;
  }

  /** An integer in two's complement, little-endian. */
  integer(length: number): number | bigint {
    if (length > longestInteger) throw new PickleError("it holds a number of unreasonable size");
    if (length === 0) return 0;
    const digits = Buffer.from(this.take(length)).reverse().toString("hex");
    const value = BigInt.asIntN(8 * length, BigInt(`0x${digits}`));
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
}
