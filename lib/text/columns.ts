/** Longest line, in UTF-16 code units, that may be a row of aligned cells. Bounds the work without a pause. */
const longestRow = 500;

const stops = ".?!";

/** A line of a text: its words and where it begins. */
export interface TextLine {
  readonly first: number;
  readonly end: number;
  /** Place in the text where the line begins. */
  readonly start: number;
}

/** Finds the cells of tables that spaces align. */
export class Columns {
  readonly #text: string;
  readonly #bounds: Uint32Array;

  constructor(text: string, bounds: Uint32Array) {
    this.#text = text;
    this.#bounds = bounds;
  }

  /** Whether several spaces follow a word, and not because a sentence ends. */
  endsCell(word: number): boolean {
    const from = this.#bounds[2 * word + 1] as number;
    const to = this.#bounds[2 * word + 2] as number;
    return to - from > 2 || (to - from === 2 && !stops.includes(this.#text.charAt(from - 1)));
  }

  /**
   * Whether two lines have equally many cells, at least two, and all behind the first are aligned at their starts or at
   * their ends.
   */
  areAligned(line: TextLine, other: TextLine): boolean {
    const own = this.#cellsOf(line);
    const others = this.#cellsOf(other);
    if (own.length === 0 || own.length !== others.length) return false;
    return own.every(([start, end], cell) => start === others[cell]?.[0] || end === others[cell]?.[1]);
  }

  /** First and last column of each cell but the first. */
  #cellsOf({ first, end, start }: TextLine): (readonly [start: number, end: number])[] {
    const cells: (readonly [start: number, end: number])[] = [];
    const reach = this.#bounds[2 * end - 1] as number;
    if (reach - start > longestRow) return cells;
    let last = reach;
    for (let word = end - 2; word >= first; word--) {
      if (!this.endsCell(word)) continue;
      cells.push([(this.#bounds[2 * word + 2] as number) - start, last - start]);
      last = this.#bounds[2 * word + 1] as number;
    }
    return cells;
  }
}
