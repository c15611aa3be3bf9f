import { type Steps, stride } from "../async/steps.js";
import { Columns } from "./columns.js";
import { gap, isLineBreak } from "./gaps.js";
import { roleOf } from "./line-words.js";
import { type ListMarker, readListMarker } from "./list-markers.js";

/** Facts about a line, as bits. */
export const fact = {
  /** A blank line follows, or the text ends. */
  lastOfBlock: 1,
  /** The line has more than one run of characters that are not white space. */
  several: 2,
  /** It opens with a capital letter, perhaps behind a quote or bracket. */
  opensUpper: 4,
  /** It opens with what continues a sentence: `of`, `was`, `)`. */
  opensInside: 8,
  /** It ends with what a sentence goes on after: `of`, a comma, a hyphen, an open bracket. */
  endsInside: 16,
  endsWithColon: 32,
  /** It holds a verb or pronoun, or letters of a script without spaces. */
  clause: 64,
  /** It is a row of a table, with cells between tabs, bars or wide spaces. */
  row: 128,
  /** It opens with what may be a list marker. */
  marked: 256,
  /** Its first and its last character are bars. */
  barred: 512,
  /** It opens with what may be a list marker, in front of a small letter. */
  bodyLower: 1024,
  /** Its cells are aligned with those of the line before or after. */
  aligned: 2048,
  /** Several spaces stand between two of its words. */
  wide: 4096,
  /** It opens with a number, which may be a marker too. */
  numbered: 8192,
} as const;

/** Lines that are read between two pauses. */
export const lineStride = 2 ** 11;

const continuing = ",;-–—/([{+=&";
const closing = ",;:)]}./%";
const quotes = "([{\"'“‘«";
const longestLead = 12;
const longestWord = 12;
const upper = /^[\p{Lu}\p{Lt}]/u;
const lower = /^\p{Ll}/u;
const lowerInside = /\p{Ll}/u;

/** Sums over the words of a line. */
interface WordCounts {
  /** Runs without white space. */
  words: number;
  links: number;
  bars: number;
  /** Open brackets. */
  open: number;
}

/** The lines of a text that hold words, and what tells lists from prose. Arrays, since a text may have millions. */
export class Lines {
  readonly count: number;
  /** [count + 1] line l has the words first[l] .. first[l + 1). */
  readonly first: Uint32Array;
  /** [count] bits of {@link fact}. */
  readonly facts: Uint16Array;
  /** [count] columns of the line's first and after its last word. */
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  /** [count] the line's first word behind the first white space in it. */
  readonly afterLead: Uint32Array;
  /** [count] length of the line's first run of characters that are not white space. */
  readonly lead: Uint32Array;
  /** [count] words that names seldom hold, commas included, and runs without white space. */
  readonly links: Uint32Array;
  readonly words: Uint32Array;
  /** [count] bars with space beside them. */
  readonly #bars: Uint8Array;
  readonly #columns: Columns;
  readonly #text: string;
  readonly #bounds: Uint32Array;

  private constructor(text: string, bounds: Uint32Array, count: number) {
    this.#text = text;
    this.#bounds = bounds;
    this.count = count;
    this.first = new Uint32Array(count + 1);
    this.facts = new Uint16Array(count);
    this.left = new Uint32Array(count);
    this.right = new Uint32Array(count);
    this.afterLead = new Uint32Array(count);
    this.lead = new Uint32Array(count);
    this.links = new Uint32Array(count);
    this.words = new Uint32Array(count);
    this.#bars = new Uint8Array(count);
    this.#columns = new Columns(text, bounds);
  }

  /** @param gaps [n_words] what follows each word */
  static *read(text: string, bounds: Uint32Array, gaps: Uint8Array): Steps<Lines> {
    let count = 1;
    for (let word = 0; word + 1 < gaps.length; word++) {
      if (word % stride === stride - 1) yield;
      if ((gaps[word] as number) >= gap.lineBreak) count++;
    }
    const lines = new Lines(text, bounds, count);
    let line = 0;
    for (let word = 0; word + 1 < gaps.length; word++) {
      if (word % stride === stride - 1) yield;
      if ((gaps[word] as number) < gap.lineBreak) continue;
      lines.first[line + 1] = word + 1;
      if (gaps[word] === gap.blankLine) lines.#note(line, fact.lastOfBlock);
      line++;
    }
    lines.first[count] = gaps.length;
    lines.#note(count - 1, fact.lastOfBlock);
    for (line = 0; line < count; line++) {
      if (line % lineStride === lineStride - 1) yield;
      yield* lines.#measure(line, gaps);
    }
    for (line = 0; line < count; line++) {
      if (line % stride === stride - 1) yield;
      if (lines.#isBarredRow(line)) lines.#note(line, fact.row);
      else if (line > 0 && lines.#areAligned(line - 1, line)) {
        for (const row of [line - 1, line]) lines.#note(row, fact.row | fact.aligned);
      }
    }
    return lines;
  }

  has(line: number, bit: number): boolean {
    return ((this.facts[line] as number) & bit) !== 0;
  }

  /** What may be a list marker at the start of a line. Read again for each question: a text may have millions. */
  markerOf(line: number): ListMarker | undefined {
    const first = this.first[line] as number;
    const start = this.#bounds[2 * first] as number;
    const lead = this.lead[line] as number;
    const more = (this.first[line + 1] as number) - first > 1;
    const ends = this.has(line, fact.several) && lead <= longestLead;
    const marker = more ? readListMarker(this.#text.slice(start, start + (ends ? lead : 1))) : undefined;
    return ends || marker?.certain ? marker : undefined;
  }

  /** Whether a cell of a row ends with a word: its border is a bar or wide space. */
  endsCell(line: number, word: number): boolean {
    if (this.has(line, fact.aligned)) return this.#columns.endsCell(word);
    if (this.#charOf(word) !== "|" || word === this.first[line] || !this.#isBarredRow(line)) return false;
    return !"-:|".includes(this.#text.charAt(this.#bounds[2 * word + 2] as number));
  }

  /** Whether bars are borders of cells: at both ends of the line, or as many as in the line before or after. */
  #isBarredRow(line: number): boolean {
    const bars = this.#bars[line] as number;
    if (this.has(line, fact.barred)) return true;
    return bars > 0 && (bars === this.#bars[line - 1] || bars === this.#bars[line + 1]);
  }

  /** Whether spaces align the cells of two lines, as tabs would. */
  #areAligned(line: number, other: number): boolean {
    const mayBe = (each: number) =>
      this.has(each, fact.wide) && (!this.has(each, fact.row) || this.has(each, fact.aligned));
    if (!mayBe(line) || !mayBe(other)) return false;
    return this.#columns.areAligned(this.#bodyOf(line), this.#bodyOf(other));
  }

  /** A line without its list marker. */
  #bodyOf(line: number) {
    const first = this.has(line, fact.marked) ? this.afterLead[line] : this.first[line];
    const start = (this.#bounds[2 * (this.first[line] as number)] as number) - (this.left[line] as number);
    return { first: first as number, end: this.first[line + 1] as number, start };
  }

  #note(line: number, bit: number): void {
    this.facts[line] = (this.facts[line] as number) | bit;
  }

  *#measure(line: number, gaps: Uint8Array): Steps<void> {
    const first = this.first[line] as number;
    const end = this.first[line + 1] as number;
    const start = this.#bounds[2 * first] as number;
    const least = first === 0 ? 0 : (this.#bounds[2 * first - 1] as number);
    let from = start;
    while (from > least && !isLineBreak(this.#text.charCodeAt(from - 1))) if (--from % stride === 0) yield;
    this.left[line] = start - from;
    this.right[line] = (this.#bounds[2 * end - 1] as number) - from;
    let leading = first + 1;
    while (leading < end && this.#joinsPrevious(leading)) if (++leading % stride === 0) yield;
    this.afterLead[line] = leading;
    this.lead[line] = (this.#bounds[2 * leading - 1] as number) - start;
    if (leading < end) this.#note(line, fact.several);
    const marker = this.markerOf(line);
    if (marker) this.#note(line, marker.bare ? fact.numbered : fact.marked);
    // A tab after a marker belongs to it.
    const body = this.has(line, fact.marked) ? leading : first;
    if (body > first && lower.test(this.#firstOf(body))) this.#note(line, fact.bodyLower);
    const counts = { words: 0, links: 0, bars: 0, open: 0 };
    for (let word = first; word < end; word++) {
      if (word % stride === stride - 1) yield;
      if (word >= body && word + 1 < end) {
        if (gaps[word] === gap.tab) this.#note(line, fact.row);
        else if (this.#columns.endsCell(word)) this.#note(line, fact.wide);
      }
      this.#readWord(line, word, counts);
    }
    if (counts.open > 0) this.#note(line, fact.endsInside);
    this.#bars[line] = Math.min(counts.bars, 255);
    this.words[line] = counts.words;
    this.links[line] = counts.links;
    this.#readEnds(line, first, end);
  }

  #readWord(line: number, word: number, counts: WordCounts): void {
    const first = this.first[line] as number;
    const alone = (this.first[line + 1] as number) - first === 1;
    const unit = this.#text.charCodeAt(this.#bounds[2 * word] as number);
    if (unit === 0x7c && !(this.#joinsPrevious(word) && this.#joinsPrevious(word + 1))) counts.bars++;
    if (unit === 0x28 || unit === 0x5b) counts.open++;
    else if (counts.open > 0 && (unit === 0x29 || unit === 0x5d)) counts.open--;
    else if ((unit === 0x2c || unit === 0x3b) && !this.#joinsPrevious(word + 1)) counts.links++;
    else if (isUnspaced(unit)) this.#note(line, fact.clause);
    if (word === first || !this.#joinsPrevious(word)) counts.words++;
    const role = this.#roleOf(word, alone);
    if (role !== "content") counts.links++;
    if (role === "clause") this.#note(line, fact.clause);
  }

  #readEnds(line: number, first: number, end: number): void {
    const alone = end - first === 1;
    const opening = this.#charOf(first);
    const opener = opening !== "" && quotes.includes(opening) && first + 1 < end ? first + 1 : first;
    if (upper.test(this.#firstOf(opener))) this.#note(line, fact.opensUpper);
    else if ((opening !== "" && closing.includes(opening)) || this.#roleOf(first, alone) !== "content") {
      this.#note(line, fact.opensInside);
    }
    const last = this.#charOf(end - 1);
    if (opening === "|" && last === "|" && !alone) this.#note(line, fact.barred);
    if (last !== "" && continuing.includes(last)) this.#note(line, fact.endsInside);
    else if (last === ":") this.#note(line, fact.endsWithColon);
    else if (this.#roleOf(end - 1, alone) !== "content") this.#note(line, fact.endsInside);
  }

  /** @param alone whether it is the only word of the line: in capitals it is a name then, as the gene WAS is */
  #roleOf(word: number, alone: boolean) {
    const start = this.#bounds[2 * word] as number;
    const end = this.#bounds[2 * word + 1] as number;
    if (end - start > longestWord) return "content";
    // Parts of names such as HLA-A and in-vitro are no words of prose.
    const joined = this.#joinsPrevious(word) && this.#text.charCodeAt(start - 1) === 0x2d;
    const form = this.#text.slice(start, end);
    return joined || (alone && !lowerInside.test(form)) ? "content" : roleOf(form);
  }

  #joinsPrevious(word: number): boolean {
    return word > 0 && this.#bounds[2 * word] === this.#bounds[2 * word - 1];
  }

  /** The first code units of a word, enough for a character. */
  #firstOf(word: number): string {
    const start = this.#bounds[2 * word] as number;
    return this.#text.slice(start, start + 2);
  }

  #charOf(word: number): string {
    const start = this.#bounds[2 * word] as number;
    return this.#bounds[2 * word + 1] === start + 1 ? this.#text.charAt(start) : "";
  }
}

/** Whether a code unit is of a script without spaces between words: Thai to Khmer, Chinese, Japanese. */
function isUnspaced(unit: number): boolean {
  return (
    (unit >= 0x0e00 && unit < 0x0f00) ||
    (unit >= 0x1000 && unit < 0x10a0) ||
    (unit >= 0x2e80 && unit < 0xd7a4)
  );
}
