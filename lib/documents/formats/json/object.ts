import { messageOf } from "../../../errors.js";
import { documentError, type Place } from "../../errors.js";

/** @throws {VanerError} `ERR_VANER_DOCUMENT` unless the text is one JSON object */
export function parseObject(text: string, place: Place): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw documentError(place, `this is not JSON: ${messageOf(cause)}.`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw documentError(place, "this is not a JSON object.");
}
