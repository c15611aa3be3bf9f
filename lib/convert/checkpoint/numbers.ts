import { describe } from "../../errors.js";
import type { ConfigObject } from "./config-object.js";

/**
 * A whole number from 1 to a limit.
 * @param fallback value of a key that is missing; undefined: the key must be there
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export function within(
  config: ConfigObject,
  key: string,
  fallback: number | undefined,
  limit: number,
): number {
  const value = config.optional(key, "count") ?? fallback ?? config.required(key, "count");
  if (Number.isInteger(value) && value >= 1 && value <= limit) return value;
  throw config.error(`${describe(key)} is ${value}, not a whole number from 1 to ${limit}.`);
}

/**
 * A number that is positive and finite as F32.
 * @param fallback as of {@link within}
 * @throws {VanerError} `ERR_VANER_CHECKPOINT`
 */
export function positive(config: ConfigObject, key: string, fallback?: number): number {
  const value = config.optional(key, "number") ?? fallback ?? config.required(key, "number");
  const single = Math.fround(value);
  if (single > 0 && Number.isFinite(single)) return value;
  throw config.error(`${describe(key)} is ${value}, not a 32-bit float above 0.`);
}
