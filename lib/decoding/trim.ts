import { type Steps, stride } from "../async/steps.js";
import { hasInvisible } from "../text/invisible.js";

/** A part of a text, in UTF-16 code units. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** What mentions of tokens neither begin nor end with, besides lone brackets: as in VANER2's published code. */
export const tokenEdges = /[\s,.-]/;
/** The same for all other models: no mention that annotators marked has such an edge. */
export const wordEdges = /[\s,.:;/-]/;
/** Notes and powers, if they are the end: `asthma¹`. The charge of an ion ends with its sign: `Ca²⁺`. */
const raisedDigit = /[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]/;

/** The other half of each bracket. */
const partners: ReadonlyMap<string, string> = new Map([
  ["(", ")"],
  [")", "("],
  ["[", "]"],
  ["]", "["],
  ["{", "}"],
  ["}", "{"],
]);

/**
 * Trims what tokens and words hold but mentions do not: signs of `edges`, brackets without their other half, and raised
 * digits behind it. Source: VANER2's published code, which trims one round, and of white space only spaces and line
 * feeds; here trimming goes on until nothing of the kind is left. Takes O(n).
 * @param edges {@link tokenEdges} or {@link wordEdges}
 * @returns a stretch that may be empty
 */
export function* trimStretch(text: string, { start, end }: Stretch, edges: RegExp): Steps<Stretch> {
  // Counts of brackets in the stretch: searching for each bracket would be quadratic.
  const within = new Map<string, number>();
  for (let at = start; at < end; at++) {
    if (at % stride === stride - 1) yield;
    count(within, text.charAt(at), 1);
  }

  const goes = (at: number) => {
    const char = text.charAt(at);
    const partner = partners.get(char);
    const going = partner === undefined ? edges.test(char) || hasInvisible(char) : !within.get(partner);
    if (going) count(within, char, -1);
    return going;
  };
  let from = start;
  let to = end;
  while (from < to && goes(from)) if (++from % stride === 0) yield;
  while (from < to && (goes(to - 1) || (to - 1 > from && raisedDigit.test(text.charAt(to - 1))))) {
    if (--to % stride === 0) yield;
  }
  return { start: from, end: to };
}

function count(within: Map<string, number>, char: string, change: number): void {
  if (partners.has(char)) within.set(char, (within.get(char) ?? 0) + change);
}
