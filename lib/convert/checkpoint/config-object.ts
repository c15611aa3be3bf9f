import { describe, type VanerError } from "../../errors.js";
import { checkpointError } from "./errors.js";
import { CheckpointFile } from "./file.js";
import { isCount, isObject, type JsonObject, ownValue, parseJsonObject } from "./json.js";

/** What a value may be asked for as. */
interface Kinds {
  readonly string: string;
  readonly boolean: boolean;
  readonly number: number;
  /** From 0 to 2^53 - 1. */
  readonly count: number;
  readonly object: JsonObject;
  readonly array: readonly unknown[];
  readonly strings: readonly string[];
}

/** A kind of value in a configuration file. */
export type Kind = keyof Kinds;

const kinds: { readonly [K in Kind]: { readonly name: string; is(value: unknown): value is Kinds[K] } } = {
  string: { name: "a string", is: isString },
  boolean: { name: "true or false", is: (value) => typeof value === "boolean" },
  number: { name: "a number", is: (value) => typeof value === "number" },
  count: { name: "a whole number from 0", is: isCount },
  object: { name: "an object", is: isObject },
  array: { name: "an array", is: isArray },
  strings: {
    name: "an array of strings",
    is: (value): value is string[] => isArray(value) && value.every(isString),
  },
};

/** Bytes. The largest published tokenizers have 35 MB. */
const defaultLimit = 64 * 2 ** 20;

/** A JSON object of a checkpoint's configuration. It knows its file, so that every message names it. */
export class ConfigObject {
  /** The file that the object is from. */
  readonly path: string;
  readonly #values: JsonObject;

  constructor(path: string, values: JsonObject) {
    this.path = path;
    this.#values = values;
  }

  /**
   * Reads a JSON file that holds an object.
   * @param limit most bytes of the file
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` if it cannot be read, is larger, or is not a JSON object in UTF-8
   */
  static async read(path: string, limit = defaultLimit): Promise<ConfigObject> {
    const file = await CheckpointFile.open(path);
    try {
      if (file.size > limit) {
        throw checkpointError(
          `${path} has ${file.size} bytes, but at most ${limit} are read: is it the right file?`,
        );
      }
      return new ConfigObject(path, parseJsonObject(await file.read(0, file.size), path));
    } finally {
      await file.close();
    }
  }

  /** The object's own keys. */
  keys(): string[] {
    return Object.keys(this.#values);
  }

  /** Keys with their values, unchecked. */
  entries(): [key: string, value: unknown][] {
    return Object.entries(this.#values);
  }

  /** The value of a key, unchecked; undefined if the key is missing. */
  value(key: string): unknown {
    return ownValue(this.#values, key);
  }

  /**
   * The value of a key, or undefined if it is missing or null.
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` for a value of another kind
   */
  optional<K extends Kind>(key: string, kind: K): Kinds[K] | undefined {
    const value = this.value(key) ?? undefined;
    if (value === undefined) return undefined;
    const { name, is } = kinds[kind];
    if (is(value)) return value;
    throw this.error(`${describe(key)} is ${describe(value)}, not ${name}.`);
  }

  /**
   * The value of a key that must be there.
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` if it is missing, null, or of another kind
   */
  required<K extends Kind>(key: string, kind: K): Kinds[K] {
    const value = this.optional(key, kind);
    if (value !== undefined) return value;
    throw checkpointError(`${this.path} lacks ${describe(key)}, which is needed to convert the checkpoint.`);
  }

  /** The object under a key, or undefined if it is missing or null. @throws as {@link optional} */
  optionalObject(key: string): ConfigObject | undefined {
    const object = this.optional(key, "object");
    return object && new ConfigObject(this.path, object);
  }

  /** The object under a key that must be there. @throws as {@link required} */
  requiredObject(key: string): ConfigObject {
    return new ConfigObject(this.path, this.required(key, "object"));
  }

  /** The elements of an array of objects that must be there. @throws as {@link required} */
  requiredObjects(key: string): ConfigObject[] {
    return this.required(key, "array").map((value) => {
      if (isObject(value)) return new ConfigObject(this.path, value);
      throw this.error(`${describe(key)} holds ${describe(value)}, not objects alone.`);
    });
  }

  /** The same, or nothing if the array is missing or null. @throws as {@link optional} */
  optionalObjects(key: string): ConfigObject[] {
    return this.optional(key, "array") ? this.requiredObjects(key) : [];
  }

  /** An error about what this object says. */
  error(problem: string, options?: ErrorOptions): VanerError {
    return checkpointError(`${this.path}: ${problem}`, options);
  }
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isArray(value: unknown): value is unknown[] {
  return Array.isArray(value);
}
