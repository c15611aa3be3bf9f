import { runJob } from "../../binding/jobs.js";
import { loadAddon } from "../../binding/loader.js";
import type { NativeElementType } from "../../binding/native-addon.js";
import { checkpointError } from "../checkpoint/errors.js";
import { quoted } from "../checkpoint/names.js";
import { type ElementType, rowLength, type WeightSource } from "./source.js";

/** Arithmetic on rows, done by the native addon; `NativeAddon` documents the arguments. */
export interface Arithmetic {
  encodeRows(rows: Uint8Array, from: NativeElementType, to: string, columns: number): Promise<Uint8Array>;
  addLowRank(
    rows: Float32Array,
    b: Float32Array,
    a: Float32Array,
    scale: number,
    columns: number,
  ): Promise<Float32Array>;
}

/** The addon's arithmetic. If `signal` is aborted, its promises reject with the signal's reason. */
export function nativeArithmetic(signal?: AbortSignal): Arithmetic {
  return {
    encodeRows: (...rows) => runJob(() => loadAddon().encodeRows(...rows), signal),
    addLowRank: (...update) => runJob(() => loadAddon().addLowRank(...update), signal),
  };
}

/** Whether elements are floating-point numbers, as weights must be. */
export function isFloat(type: ElementType): type is NativeElementType {
  return type === "F64" || type === "F32" || type === "F16" || type === "BF16";
}

/**
 * Reads rows of a tensor as F32.
 * @returns [count * rowLength(tensor)]
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the tensor holds integers or cannot be read
 */
export async function readFloats(
  source: WeightSource,
  name: string,
  first: number,
  count: number,
  { encodeRows }: Arithmetic,
): Promise<Float32Array> {
  const tensor = source.tensors.get(name);
  if (!tensor || !isFloat(tensor.type)) {
    throw checkpointError(
      `The tensor ${quoted(name)} is ${tensor ? `of type ${tensor.type}` : "missing"}, but floating-point weights are needed.`,
    );
  }
  const rows = await source.readRows(name, first, count);
  if (tensor.type === "F32") return toFloats(rows);
  return toFloats(await encodeRows(rows, tensor.type, "F32", Math.max(rowLength(tensor), 1)));
}

/** Little-endian F32 bytes as numbers; copied only if they are not aligned. */
function toFloats(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}
