import { describe } from "../errors.js";
import { checkpointError } from "./errors.js";
import { scanJson } from "./json-scan.js";
import { CheckpointFile, fetchAgain, messageOf } from "./weights/file.js";

/** A JSON object whose values nobody has looked at. Read it through this module: keys may be any, such as `toString`. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a value of one kind, or undefined where the key is missing or null. Throws where it is of another kind. */
export type Accessor<T> = (object: JsonObject, key: string, file: string) => T | undefined;

/** The largest tokenizers that are published have some 35 MB. */
const defaultLimit = 64 * 2 ** 20;

/** Arrays, objects and commas: those tokenizers have some two million, and parsing four million takes seconds. */
const mostParts = 2 ** 22;
const deepest = 64;

/**
 * Reads a JSON file that holds an object.
 * @param limit most bytes that the file may have
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where it cannot be read, is larger, or is no JSON object in UTF-8
 */
export async function readJsonObject(path: string, limit = defaultLimit): Promise<JsonObject> {
  const file = await CheckpointFile.open(path);
  try {
    if (file.size > limit) {
      throw checkpointError(
        `${path} has ${file.size} bytes; more than ${limit} are not read: is it the right file?`,
      );
    }
    return parseJsonObject(await file.read(0, file.size), path);
  } finally {
    await file.close();
  }
}

/**
 * The JSON object in `bytes`.
 * @param source how messages name where the bytes are from
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where they are no JSON object in UTF-8
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
    throw checkpointError(`${source} is no JSON: ${messageOf(cause)}. ${fetchAgain}`, { cause });
  }
  if (isObject(value)) return value;
  throw checkpointError(`${source} holds ${describe(value)} where a JSON object belongs. ${fetchAgain}`);
}

/** The value of a key of the object's own, or undefined. */
export function ownValue(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export const optionalString = accessor("a text", (value) => typeof value === "string");
export const optionalBoolean = accessor("true or false", (value) => typeof value === "boolean");
export const optionalNumber = accessor("a number", (value) => typeof value === "number");
/** A whole number from 0 to 2^53 - 1. */
export const optionalCount = accessor("a whole number, 0 or more", isCount);
export const optionalObject = accessor("an object", isObject);
export const optionalArray = accessor("an array", (value): value is readonly unknown[] =>
  Array.isArray(value),
);
export const optionalStrings = accessor(
  "an array of texts",
  (value): value is readonly string[] =>
    Array.isArray(value) && value.every((one) => typeof one === "string"),
);
export const optionalNumbers = accessor(
  "an array of numbers",
  (value): value is readonly number[] =>
    Array.isArray(value) && value.every((one) => typeof one === "number"),
);

/**
 * The value of a key that must be there: `required(optionalString, config, "model_type", path)`.
 * @throws {VanerError} `ERR_VANER_CHECKPOINT` where the key is missing, null, or of another kind
 */
export function required<T>(read: Accessor<T>, object: JsonObject, key: string, file: string): T {
  const value = read(object, key, file);
  if (value !== undefined) return value;
  throw checkpointError(`${file} lacks ${describe(key)}, which is needed to convert the checkpoint.`);
}

/** Whether a value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a whole number from 0 to 2^53 - 1. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function accessor<T>(kind: string, is: (value: unknown) => value is T): Accessor<T> {
  return (object, key, file) => {
    const value = ownValue(object, key) ?? undefined;
    if (value === undefined || is(value)) return value;
    throw checkpointError(`${file}: ${describe(key)} is ${describe(value)}, not ${kind}.`);
  };
}
