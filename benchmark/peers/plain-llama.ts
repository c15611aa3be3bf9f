import { readFileSync, writeFileSync } from "node:fs";

/**
 * Copies a model of format 1 as a plain `llama` model, which llama-bench can read: the same weights
 * under the same names, without the head. Sizes are those of GGUF version 3, little-endian.
 */
export function writePlainLlama(from: string, to: string): void {
  const bytes = readFileSync(from);
  const reader = new Reader(bytes);
  reader.at = 8;
  const tensorCount = reader.u64();
  const entryCount = reader.u64();

  const entries: Buffer[][] = [];
  let alignment = 32;
  for (let index = 0; index < entryCount; index++) {
    const key = reader.string();
    const start = reader.at;
    const type = reader.u32();
    if (key === "general.alignment") alignment = bytes.readUInt32LE(reader.at);
    reader.skipValue(type);
    const value = bytes.subarray(start, reader.at);
    if (key === "general.architecture") entries.push([text(key), u32(stringType), text("llama")]);
    else if (!ownKey.test(key)) entries.push([text(key.replace(/^llama-embed\./, "llama.")), value]);
  }

  const tensors = Array.from({ length: tensorCount }, () => {
    const name = reader.string();
    const start = reader.at;
    const dimensions = reader.u32();
    reader.at += 8 * dimensions + 4;
    return { name, layout: bytes.subarray(start, reader.at), offset: reader.u64() };
  });
  const aligned = (size: number) => Math.ceil(size / alignment) * alignment;
  const data = bytes.subarray(aligned(reader.at));

  const infos: Buffer[] = [];
  const weights: Buffer[] = [];
  let offset = 0;
  const byOffset = tensors.toSorted((a, b) => a.offset - b.offset);
  for (const [index, tensor] of byOffset.entries()) {
    if (tensor.name.startsWith("cls.")) continue;
    const end = byOffset[index + 1]?.offset ?? data.length;
    const own = Buffer.alloc(aligned(end - tensor.offset));
    data.copy(own, 0, tensor.offset, end);
    infos.push(text(tensor.name), tensor.layout, u64(offset));
    weights.push(own);
    offset += own.length;
  }
  const counts = [u64(weights.length), u64(entries.length)];
  const header = Buffer.concat([bytes.subarray(0, 8), ...counts, ...entries.flat(), ...infos]);
  writeFileSync(
    to,
    Buffer.concat([header, Buffer.alloc(aligned(header.length) - header.length), ...weights]),
  );
}

/** Keys that only a model with a head has. */
const ownKey = /^(vaner\.|llama-embed\.(classifier\.|attention\.causal$|pooling_type$))/;

/** Ids of types of values, and bytes of those of a fixed size, from the GGUF specification. */
const stringType = 8;
const arrayType = 9;
const valueBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

class Reader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u32(): number {
    this.at += 4;
    return this.#bytes.readUInt32LE(this.at - 4);
  }

  u64(): number {
    this.at += 8;
    return Number(this.#bytes.readBigUInt64LE(this.at - 8));
  }

  string(): string {
    const length = this.u64();
    this.at += length;
    return this.#bytes.toString("utf8", this.at - length, this.at);
  }

  skipValue(type: number): void {
    if (type === stringType) {
      this.string();
    } else if (type === arrayType) {
      const itemType = this.u32();
      for (let count = this.u64(); count > 0; count--) this.skipValue(itemType);
    } else {
      this.at += valueBytes[type] as number;
    }
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
}
