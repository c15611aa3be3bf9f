import { describe, invalidArgument } from "./errors.js";

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` unless the value is a path */
export function checkPath(option: string, value: unknown): void {
  if (typeof value !== "string" || value === "" || value.includes("\0")) {
    throw invalidArgument(`\`${option}\` must be a path, not ${describe(value)}.`);
  }
}

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` unless the value is a function or undefined */
export function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") {
    throw invalidArgument(`\`${option}\` must be a function, not ${describe(value)}.`);
  }
}
