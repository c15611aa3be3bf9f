import { describe, messageOf } from "../../errors.js";
import { checkpointError } from "./errors.js";
import { fetchAgain } from "./file.js";
import { scanJson } from "./json-scan.js";

/** A parsed JSON object. Its keys come from a stranger's file and may be any, such as `toString`. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Arrays, objects and commas. The largest published tokenizers have two million; four million parse in seconds. */
const mostParts = 2 ** 22;
const deepest = 64;

/**
 * Parses a JSON object.
 * @param source what messages call the bytes
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` for anything but a JSON object in UTF-8
 */
export function parseJsonObject(bytes: Uint8Array, source: string): JsonObject {
  const { depth, parts } = scanJson(bytes);
  if (depth > deepest || parts > mostParts) {
    throw checkpointError(`${source} is nested too deeply or holds too many values: is it the right file?`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw checkpointError(`${source} is not valid JSON: ${messageOf(cause)}. ${fetchAgain}`, { cause });
  }
  if (isObject(value)) return value;
  throw checkpointError(`${source} holds ${describe(value)} instead of a JSON object. ${fetchAgain}`);
}

/** Value of the object's own key, or undefined. */
export function ownValue(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Whether a value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a whole number from 0 to 2^53 - 1. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
