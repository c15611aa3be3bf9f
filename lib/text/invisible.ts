import { type Steps, stride } from "../async/steps.js";

/**
 * Soft hyphen, zero-width space, non-joiner and joiner, word joiner, and byte order mark. No quantifier: runs of any
 * length are read in O(n).
 */
const invisible = /[\u00ad\u200b-\u200d\u2060\ufeff]/;
const everyInvisible = new RegExp(invisible, "g");

/** A text without the signs that a reader does not see. Offsets are in UTF-16 code units. */
export interface VisibleText {
  readonly text: string;
  /** [n_signs] visible code units in front of each sign that was taken out, ascending but not strictly. */
  readonly signs: readonly number[];
}

/** Whether a text has signs that {@link visibleText} takes out. */
export function hasInvisible(text: string): boolean {
  return invisible.test(text);
}

/**
 * Takes invisible signs out of a text, in O(n).
 * @returns undefined if there are none
 */
export function* visibleText(text: string): Steps<VisibleText | undefined> {
  const signs: number[] = [];
  /** What is read so far; undefined if it is the text itself. */
  let visible: string | undefined;
  for (let from = 0; from < text.length; from += stride) {
    if (from > 0) yield;
    const part = text.length > stride ? text.slice(from, from + stride) : text;
    everyInvisible.lastIndex = 0;
    while (everyInvisible.test(part)) signs.push(from + everyInvisible.lastIndex - 1 - signs.length);
    if (signs.length > 0) visible = (visible ?? text.slice(0, from)) + part.replace(everyInvisible, "");
  }
  return visible === undefined ? undefined : { text: visible, signs };
}

/**
 * Places stretches of the visible text in the text it comes from. A stretch has the signs between its first and its
 * last code unit, and none at its edges.
 * @param bounds [2 * n] start and end of each stretch, ascending; none is empty
 */
export function* withInvisible({ signs }: VisibleText, bounds: Uint32Array): Steps<Uint32Array> {
  const placed = new Uint32Array(bounds.length);
  let before = 0;
  for (let index = 0; index < bounds.length; index++) {
    if (index % stride === stride - 1) yield;
    const bound = bounds[index] as number;
    // An end lies behind the last code unit, not in front of the next one.
    const unit = index % 2 === 0 ? bound : bound - 1;
    while ((signs[before] ?? Number.POSITIVE_INFINITY) <= unit) before++;
    placed[index] = bound + before;
  }
  return placed;
}
