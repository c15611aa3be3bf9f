import { closest, distance } from "fastest-levenshtein";
import { describe, invalidArgument, listed } from "./errors.js";

/** The names of all options of an interface: one that is missing here does not compile. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Checks that options are an object without unknown names. Undefined is as absent.
 * @param call whose options they are, for the message
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`; the message names the nearest option
 */
export function checkNames<Options>(call: string, options: unknown, known: OptionNames<Options>): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalidArgument(`The options of ${call} must be an object, not ${describe(options)}.`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(known, name)) continue;
    const names = Object.keys(known);
    throw invalidArgument(
      `${call} has no option ${describe(name)}.${didYouMean(name, names)} Its options are ${listed(names)}.`,
    );
  }
}

/** Longest name, in UTF-16 code units, that is compared with others. */
const longestName = 100;

/** A question about the known name that is nearest to a misspelt one; empty if none is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  if (known.length === 0 || name.length > longestName) return "";
  const lowered = new Map(known.map((each) => [each.toLowerCase(), each]));
  const nearest = closest(name.toLowerCase(), [...lowered.keys()]);
  const near = distance(name.toLowerCase(), nearest) <= Math.max(name.length, nearest.length) * 0.4;
  return near ? ` Did you mean ${JSON.stringify(lowered.get(nearest))}?` : "";
}

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` unless the value is a path */
export function checkPath(option: string, value: unknown): void {
  if (typeof value !== "string" || value === "" || value.includes("\0")) {
    throw invalidArgument(`\`${option}\` must be a path, not ${describe(value)}.`);
  }
}

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` unless the value is one of the choices or undefined */
export function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (value !== undefined && !choices.some((choice) => choice === value)) {
    const names = choices.map((choice) => JSON.stringify(choice)).join(" or ");
    throw invalidArgument(`\`${option}\` must be ${names}, not ${describe(value)}.`);
  }
}

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` unless the value is a function or undefined */
export function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") {
    throw invalidArgument(`\`${option}\` must be a function, not ${describe(value)}.`);
  }
}
