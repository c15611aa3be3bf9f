import { countBelow } from "./count-below.js";

/** Positions in a text, as numbers of code points and of UTF-16 code units. */
export class CodePoints {
  /** Where the code points that take two units start, in units; undefined while the text has none. */
  readonly #pairs: readonly number[];
  readonly #units: number;

  constructor(text: string) {
    this.#units = text.length;
    this.#pairs = pairsOf(text);
  }

  /** @returns the position in code units; undefined beyond the text's end */
  toUnits(points: number): number | undefined {
    // The pair with index i starts at pairs[i] - i code points.
    const before = countBelow(this.#pairs, points, (start, index) => start - index);
    const units = points + before;
    return units <= this.#units ? units : undefined;
  }

  /** @param units a position between code points, in code units */
  toPoints(units: number): number {
    return units - countBelow(this.#pairs, units, (start) => start);
  }
}

function pairsOf(text: string): number[] {
  const pairs: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if ((text.charCodeAt(at) & 0xfc00) !== 0xd800) continue;
    if ((text.charCodeAt(at + 1) & 0xfc00) !== 0xdc00) continue;
    pairs.push(at++);
  }
  return pairs;
}
