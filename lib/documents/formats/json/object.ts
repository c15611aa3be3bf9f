import { messageOf } from "../../../errors.js";
import { documentError, type Place } from "../../errors.js";

/** Values within each other: far more than documents have. Parsers that are recursive take these. */
export const deepest = 500;

export const tooDeep = `values are nested more than ${deepest} deep.`;

/** @throws {VanerError} `ERR_VANER_DOCUMENT` unless the text is one JSON object, which is not nested too deep */
export function parseObject(text: string, place: Place): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw documentError(place, `this is not JSON: ${messageOf(cause)}.`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw documentError(place, "this is not a JSON object.");
  if (isDeeper(value, deepest)) throw documentError(place, tooDeep);
  return value as Readonly<Record<string, unknown>>;
}

/** Whether values are nested deeper than this; level by level, since recursion has a limit too. */
function isDeeper(value: object, limit: number): boolean {
  let level = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limit) return true;
    const children = level.flatMap((each): unknown[] => Object.values(each));
    level = children.filter((each): each is object => typeof each === "object" && each !== null);
  }
  return false;
}
