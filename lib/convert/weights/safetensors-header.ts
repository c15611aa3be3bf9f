import { describe } from "../../errors.js";
import { checkpointError } from "../checkpoint/errors.js";
import { fetchAgain } from "../checkpoint/file.js";
import { isCount, isObject, type JsonObject, ownValue, parseJsonObject } from "../checkpoint/json.js";
import { scanJson } from "../checkpoint/json-scan.js";
import { quoted } from "../checkpoint/names.js";
import { readExtents } from "./rows.js";
import { elementCount, elementSizes, isElementType, type StoredTensor } from "./source.js";

/** A tensor, and where its bytes begin, counted from the end of the header. */
export interface PlacedTensor extends StoredTensor {
  readonly begin: number;
}

/** What the header of a safetensors file says. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
  readonly unreadable: ReadonlyMap<string, string>;
}

/** The header is an object of tensors, which hold arrays. */
const deepest = 3;
/** Arrays, objects and commas: enough for 200,000 tensors. */
const mostParts = 2 ** 21;

interface Range {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a header. Every byte of the data must belong to exactly one tensor.
 * Source: the format's description at https://github.com/huggingface/safetensors.
 * @param dataLength bytes behind the header
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the header is malformed or contradicts itself
 */
export function parseHeader(bytes: Uint8Array, dataLength: number, path: string): SafetensorsHeader {
  const counts = scanJson(bytes);
  if (counts.depth > deepest || counts.parts > mostParts) {
    throw damaged(path, "its header is nested too deeply or holds too many values");
  }
  const header = parseJsonObject(bytes, `The header of ${path}`);
  const tensors = new Map<string, PlacedTensor>();
  const unreadable = new Map<string, string>();
  const ranges: Range[] = [];
  let keys = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (!isObject(entry)) throw damaged(path, `${quoted(name)} is ${describe(entry)}, not an object`);
    keys += 1 + Object.keys(entry).length;
    if (name === "__metadata__") {
      if (Object.values(entry).every((value) => typeof value === "string")) continue;
      throw damaged(path, "its metadata are not all strings");
    }
    const { dtype, shape, begin, end } = parseTensor(name, entry, path);
    ranges.push({ name, begin, end });
    if (!isElementType(dtype)) {
      unreadable.set(name, `its elements are of type ${quoted(dtype)}, which is not converted`);
      continue;
    }
    const tensor: PlacedTensor = { name, type: dtype, shape, begin };
    if (elementCount(tensor) * elementSizes[tensor.type] !== end - begin) {
      throw damaged(
        path,
        `tensor ${quoted(name)} of shape [${shape}] and type ${dtype} has ${end - begin} bytes`,
      );
    }
    tensors.set(name, tensor);
  }
  if (keys !== counts.keys) throw damaged(path, "its header has a key twice");
  checkCoverage(ranges, dataLength, path);
  return { tensors, unreadable };
}

function parseTensor(name: string, entry: JsonObject, path: string) {
  const [dtype, shape, offsets] = ["dtype", "shape", "data_offsets"].map((key) => ownValue(entry, key));
  if (typeof dtype !== "string" || !Array.isArray(shape) || !Array.isArray(offsets)) {
    throw damaged(path, `tensor ${quoted(name)} lacks its type, shape or offsets`);
  }
  const extents = readExtents(shape);
  if ("problem" in extents) throw damaged(path, `tensor ${quoted(name)} is invalid: ${extents.problem}`);
  const [begin, end] = offsets;
  if (offsets.length !== 2 || !isCount(begin) || !isCount(end) || begin > end) {
    throw damaged(path, `the offsets of tensor ${quoted(name)} are not a range`);
  }
  return { dtype, shape: extents.shape, begin, end };
}

function checkCoverage(ranges: Range[], dataLength: number, path: string): void {
  let covered = 0;
  for (const { name, begin, end } of ranges.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw damaged(path, `tensor ${quoted(name)} overlaps another`);
    if (begin > covered) throw damaged(path, `no tensor owns the bytes before tensor ${quoted(name)}`);
    if (end > dataLength) throw damaged(path, `tensor ${quoted(name)} ends beyond the end of the file`);
    covered = end;
  }
  if (covered < dataLength) throw damaged(path, `no tensor owns its last ${dataLength - covered} bytes`);
}

function damaged(path: string, cause: string) {
  return checkpointError(`${path} is damaged: ${cause}. ${fetchAgain}`);
}
