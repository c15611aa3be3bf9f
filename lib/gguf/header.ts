import { VanerError } from "../errors.js";
import { ByteWriter } from "./byte-writer.js";
import type { GgufEntry, GgufValue } from "./metadata.js";
import { type TensorType, tensorBytes, tensorTypes } from "./tensor-types.js";

/** A tensor to be written. */
export interface TensorPlan {
  /** At most 63 bytes of UTF-8, ggml's limit. */
  readonly name: string;
  readonly type: TensorType;
  /** Extents in GGUF's order: the contiguous dimension first. */
  readonly shape: readonly number[];
}

/** Alignment of tensors in a file, in bytes. GGUF's default. */
export const alignment = 32;

const containerVersion = 3;
const maxNameBytes = 63;

/** Ids of types of values, from the GGUF specification. */
const valueTypes = { u8: 0, u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9, u64: 10 } as const;

/**
 * Encodes everything before the weights of a GGUF file (version 3).
 * @throws {VanerError} `ERR_VANER_INTERNAL` for duplicate names and numbers out of range
 */
export function encodeHeader(entries: readonly GgufEntry[], tensors: readonly TensorPlan[]): Uint8Array {
  checkNames(entries.map(([key]) => key));
  checkNames(tensors.map(({ name }) => name));
  const out = new ByteWriter();
  for (const byte of Buffer.from("GGUF")) out.u8(byte);
  out.u32(containerVersion);
  out.u64(tensors.length);
  out.u64(entries.length);
  for (const entry of entries) encodeEntry(out, entry);
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    if (Buffer.byteLength(name) > maxNameBytes) defect(`The name of the tensor ${name} is too long.`);
    out.string(name);
    out.u32(shape.length);
    for (const extent of shape) out.u64(extent);
    out.u32(tensorTypes[type].id);
    out.u64(offset);
    offset += aligned(tensorBytes(type, shape));
  }
  out.pad(alignment);
  return out.finish();
}

/** Encodes one key of the metadata. */
export function encodeEntry(out: ByteWriter, [key, value]: GgufEntry): void {
  out.string(key);
  encodeValue(out, value);
}

/** The next multiple of the alignment. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

function encodeValue(out: ByteWriter, value: GgufValue): void {
  if (value.type === "strings") {
    encodeArray(out, valueTypes.string, value.value, (text) => out.string(text));
  } else if (value.type === "u8s") {
    encodeArray(out, valueTypes.u8, value.value, (number) => out.u8(number));
  } else if (value.type === "i32s") {
    encodeArray(out, valueTypes.i32, value.value, (number) => out.i32(number));
  } else if (value.type === "f32s") {
    encodeArray(out, valueTypes.f32, value.value, (number) => out.f32(number));
  } else {
    out.u32(valueTypes[value.type]);
    if (value.type === "string") out.string(value.value);
    else if (value.type === "bool") out.u8(value.value ? 1 : 0);
    else out[value.type](value.value);
  }
}

function encodeArray<Item>(
  out: ByteWriter,
  itemType: number,
  items: ArrayLike<Item> & Iterable<Item>,
  encode: (item: Item) => void,
): void {
  out.u32(valueTypes.array);
  out.u32(itemType);
  out.u64(items.length);
  for (const item of items) encode(item);
}

function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (name === "" || seen.has(name)) defect(`The name ${JSON.stringify(name)} is empty or used twice.`);
    seen.add(name);
  }
}

function defect(message: string): never {
  throw new VanerError("ERR_VANER_INTERNAL", message);
}
