import { readFileSync } from "node:fs";

const alignment = 32;
const typeIds = { u32: 4, f32: 6, string: 8 } as const;

/** Bytes of a scalar by type id. Strings and arrays store their lengths. */
const widths: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const stringType = 8;
const arrayType = 9;

export interface Tensor {
  name: string;
  /** The contiguous dimension first. */
  shape: number[];
  readonly type: number;
  data: Buffer;
}

/**
 * Parses a GGUF file so that tests can change it and write it again. Supports version 3 with the default
 * alignment, as in the fixtures.
 */
export class GgufEditor {
  /** Key -> type and value, as stored in the file. */
  readonly metadata = new Map<string, Buffer>();
  readonly tensors: Tensor[] = [];

  constructor(path: string) {
    const reader = new Reader(readFileSync(path), 8);
    const tensorCount = reader.u64();
    const keyCount = reader.u64();
    for (let key = 0; key < keyCount; key++) {
      const name = reader.string();
      this.metadata.set(name, reader.value());
    }
    const offsets: number[] = [];
    for (let tensor = 0; tensor < tensorCount; tensor++) {
      const name = reader.string();
      const shape = Array.from({ length: reader.u32() }, () => reader.u64());
      this.tensors.push({ name, shape, type: reader.u32(), data: Buffer.alloc(0) });
      offsets.push(reader.u64());
    }
    const base = padded(reader.at);
    for (const [index, tensor] of this.tensors.entries()) {
      const end = offsets[index + 1];
      tensor.data = reader.bytes.subarray(
        base + (offsets[index] as number),
        end === undefined ? undefined : base + end,
      );
    }
  }

  setU32(key: string, value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(typeIds.u32, 0);
    bytes.writeUInt32LE(value, 4);
    return this.#set(key, bytes);
  }

  setF32(key: string, value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(typeIds.f32, 0);
    bytes.writeFloatLE(value, 4);
    return this.#set(key, bytes);
  }

  setString(key: string, value: string): this {
    return this.#set(key, Buffer.concat([u32(typeIds.string), string(value)]));
  }

  setStrings(key: string, values: readonly string[]): this {
    return this.#set(
      key,
      Buffer.concat([u32(arrayType), u32(stringType), u64(values.length), ...values.map(string)]),
    );
  }

  setF32s(key: string, values: readonly number[]): this {
    const data = Buffer.from(Float32Array.from(values).buffer);
    return this.#set(key, Buffer.concat([u32(arrayType), u32(typeIds.f32), u64(values.length), data]));
  }

  remove(key: string): this {
    this.metadata.delete(key);
    return this;
  }

  tensor(name: string): Tensor {
    const found = this.tensors.find((tensor) => tensor.name === name);
    if (!found) throw new Error(`there is no tensor ${name}`);
    return found;
  }

  removeTensor(name: string): this {
    this.tensors.splice(this.tensors.indexOf(this.tensor(name)), 1);
    return this;
  }

  /** Removes all heads: the model becomes a base for adapters. */
  removeHeads(): this {
    this.setStrings("vaner.heads", []);
    this.remove("llama-embed.classifier.output_labels");
    for (const { name } of [...this.tensors]) if (name.startsWith("cls.")) this.removeTensor(name);
    return this;
  }

  /** Shrinks an F32 tensor to another shape. */
  resize(name: string, shape: number[]): this {
    const tensor = this.tensor(name);
    tensor.shape = shape;
    tensor.data = tensor.data.subarray(0, 4 * shape.reduce((product, extent) => product * extent));
    return this;
  }

  /** Overwrites the floats of an F32 tensor. */
  fill(name: string, value: number): this {
    const { data } = this.tensor(name);
    const copy = Buffer.from(data);
    for (let at = 0; at + 4 <= copy.length; at += 4) copy.writeFloatLE(value, at);
    this.tensor(name).data = copy;
    return this;
  }

  toBytes(): Buffer {
    const head = [Buffer.from("GGUF"), u32(3), u64(this.tensors.length), u64(this.metadata.size)];
    for (const [key, value] of this.metadata) head.push(string(key), value);
    let offset = 0;
    for (const { name, shape, type, data } of this.tensors) {
      head.push(string(name), u32(shape.length), ...shape.map(u64), u32(type), u64(offset));
      offset += padded(data.length);
    }
    return Buffer.concat([pad(Buffer.concat(head)), ...this.tensors.map(({ data }) => pad(data))]);
  }

  #set(key: string, value: Buffer): this {
    this.metadata.set(key, value);
    return this;
  }
}

class Reader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  u32(): number {
    this.at += 4;
    return this.bytes.readUInt32LE(this.at - 4);
  }

  u64(): number {
    this.at += 8;
    return Number(this.bytes.readBigUInt64LE(this.at - 8));
  }

  string(): string {
    const length = this.u64();
    this.at += length;
    return this.bytes.toString("utf8", this.at - length, this.at);
  }

  /** A value after its type. */
  value(): Buffer {
    const start = this.at;
    this.#skip(this.u32());
    return this.bytes.subarray(start, this.at);
  }

  #skip(type: number): void {
    if (type === stringType) {
      this.string();
    } else if (type === arrayType) {
      const elementType = this.u32();
      const count = this.u64();
      for (let element = 0; element < count; element++) this.#skip(elementType);
    } else {
      this.at += widths[type] as number;
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

function string(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function padded(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]);
}
