import { type ElementType, elementCount, elementSizes } from "../../lib/convert/weights/source.js";

/** A tensor to write. Default data: zeros. */
export interface SafeTensor {
  readonly shape: readonly number[];
  /** Default: F32. */
  readonly type?: ElementType;
  readonly data?: ArrayLike<number>;
}

/** The bytes of a safetensors file with these tensors. */
export function safetensorsBytes(tensors: Readonly<Record<string, SafeTensor>>): Buffer {
  const header: Record<string, unknown> = {};
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [name, { shape, type = "F32", data }] of Object.entries(tensors)) {
    const part = Buffer.alloc(elementCount({ shape }) * elementSizes[type]);
    for (let at = 0; at < (data?.length ?? 0); at++) writeElement(part, at, type, data?.[at] as number);
    header[name] = { dtype: type, shape, data_offsets: [offset, offset + part.length] };
    offset += part.length;
    parts.push(part);
  }
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([size, json, ...parts]);
}

/** BF16 is truncated, not rounded. */
function writeElement(bytes: Buffer, at: number, type: ElementType, value: number): void {
  if (type === "F64") bytes.writeDoubleLE(value, 8 * at);
  else if (type === "F32") bytes.writeFloatLE(value, 4 * at);
  else if (type === "BF16") Buffer.from(Float32Array.of(value).buffer).copy(bytes, 2 * at, 2, 4);
  else if (type === "I32") bytes.writeInt32LE(value, 4 * at);
  else throw new Error(`elements of type ${type} are not written`);
}
