import { type Annotation, mentionOf, type Range } from "../../document.js";
import { documentError, type Place } from "../../errors.js";
import { infonsOf } from "./facts.js";

/**
 * An entity as an annotation of a text.
 * @throws {VanerError} `ERR_VANER_DOCUMENT` if it is none
 */
export function annotationOf(entity: unknown, text: string, place: Place): Annotation {
  const { id, type, start, end, ranges, score, identifiers, text: mention } = Object(entity);
  const pairs: unknown[] = Array.isArray(ranges) ? ranges : [[start, end]];
  const read = pairs.flatMap((pair) => rangeOf(pair, text) ?? []);
  if (typeof type !== "string" || read.length === 0 || read.length < pairs.length) {
    throw documentError(
      place,
      `an entity has "type", a string, and "start" and "end", offsets in "text": ${JSON.stringify(entity)}`,
    );
  }
  const annotation = {
    ...(typeof id === "string" ? { id } : {}),
    type,
    ranges: read,
    ...(typeof score === "number" ? { score } : {}),
    ...(Array.isArray(identifiers) ? { identifiers: identifiers.map(String) } : {}),
    ...infonsOf(Object(entity)),
  };
  const found = mentionOf({ text }, annotation);
  if (mention !== undefined && mention !== found) {
    const [expected, actual] = [JSON.stringify(mention), JSON.stringify(found)];
    throw documentError(place, `${expected} is not the text at its offsets, which is ${actual}.`);
  }
  return annotation;
}

function rangeOf(pair: unknown, text: string): Range | undefined {
  const [start, end] = Array.isArray(pair) ? pair : [];
  return isRange(start, end, text) && start < end ? { start, end } : undefined;
}

export const isRange = (start: unknown, end: unknown, text: string): boolean =>
  Number.isInteger(start) &&
  Number.isInteger(end) &&
  0 <= Number(start) &&
  Number(start) <= Number(end) &&
  Number(end) <= text.length;
