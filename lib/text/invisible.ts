import { type Steps, stride } from "../async/steps.js";

/**
 * Signs that take no place on a page: soft hyphen, zero-width space, non-joiner and joiner, word joiner, byte order mark;
 * marks of the direction of writing; operators that mathematics leaves out. No quantifier: runs of any length are read
 * in O(n).
 */
const invisible = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/;

/** The same, and a soft hyphen with the line break at which it parts a word. */
const everyInvisible = new RegExp(`\u00ad(?:\\r\\n|[\\n-\\r\u2028])(?=\\p{Ll})|${invisible.source}`, "gu");
/** Code units after a sign's first one that {@link everyInvisible} reads, those of the letter included. */
const longestRest = 4;

/** A text without the signs that a reader does not see. Offsets are in UTF-16 code units. */
export interface VisibleText {
  readonly text: string;
  /** [n_signs] visible code units in front of each code unit that was taken out, ascending but not strictly. */
  readonly signs: readonly number[];
}

/** Whether a text has signs that {@link visibleText} takes out. */
export function hasInvisible(text: string): boolean {
  return invisible.test(text);
}

/**
 * Takes invisible signs out of a text, in O(n).
 * @param joinsLines whether the halves of a word that a soft hyphen parts at the end of a line are one word
 * @returns undefined if there are none
 */
export function* visibleText(text: string, joinsLines: boolean): Steps<VisibleText | undefined> {
  const signs: number[] = [];
  const visible: string[] = [];
  let copied = 0;
  for (let from = 0; from < text.length; from += stride) {
    if (from > 0) yield;
    const part = text.length > stride ? text.slice(from, from + stride + longestRest) : text;
    if (!hasInvisible(part)) continue;
    for (const { index, 0: sign } of part.matchAll(everyInvisible)) {
      const at = from + index;
      // Read with the part before, or by the next one.
      if (at < copied || index >= stride) continue;
      visible.push(text.slice(copied, at));
      copied = at + (joinsLines ? sign.length : 1);
      for (let unit = at; unit < copied; unit++) signs.push(unit - signs.length);
    }
  }
  if (signs.length === 0) return undefined;
  visible.push(text.slice(copied));
  return { text: visible.join(""), signs };
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
