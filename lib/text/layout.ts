import { type Steps, stride } from "../async/steps.js";
import { findGap, gap } from "./gaps.js";
import { fact, Lines, lineStride } from "./lines.js";
import { follows, type ListMarker } from "./list-markers.js";

/** Text that nobody wraps: narrower lines without words of prose are names. */
const narrowest = 45;
/** Longest name that is looked for in lists, in UTF-16 code units. */
const longestName = 100;
/** Fewest wrapped lines that tell their width, the last one not counted. */
const fewestWrapped = 3;
/** Share of the width that a ragged line, as of text from PDF files, may leave empty. */
const ragged = 0.2;
/** Most words of prose, commas included, in 100 words of a list of names. */
const proseInNames = 20;
const proseInFewNames = 16;
const proseInShortNames = 30;
/** Most words in a name, on average; narrow lines of prose have more. */
const wordsInNames = 4;
const wordsInShortNames = 3;

/** What ends after each word, beside sentences. */
export interface Layout {
  /** [n_words] 1 where a line, a cell of a table or a paragraph ends for good after the word. */
  readonly cuts: Uint8Array;
  /** [n_words] one of {@link gap}: the white space after the word. */
  readonly gaps: Uint8Array;
  /** [n_words] 1 for words of list markers: `2`, `.` */
  readonly markers: Uint8Array;
}

/**
 * Finds where the layout of a text ends a sentence, in O(n): at blank lines, after items of lists, cells and rows of
 * tables, and titles. Breaks in wrapped prose do not count.
 * @param lines whether every line is a sentence (`true`) or none (`false`); undefined to look
 * @returns undefined if the text has neither line breaks nor tabs
 */
export function* findLayout(text: string, bounds: Uint32Array, lines?: boolean): Steps<Layout | undefined> {
  const count = bounds.length / 2;
  let gaps: Uint8Array | undefined;
  let breaks = 0;
  for (let word = 0; word + 1 < count; word++) {
    if (word % stride === stride - 1) yield;
    const from = bounds[2 * word + 1] as number;
    const to = bounds[2 * word + 2] as number;
    // Most gaps: none, or one space.
    if (from === to || (from + 1 === to && text.charCodeAt(from) === 0x20)) continue;
    let found: number = gap.plain;
    for (let at = from; at < to && found !== gap.blankLine; at += stride) {
      if (at > from) yield;
      found = findGap(text, at, Math.min(to, at + stride), found);
    }
    if (found === gap.plain) continue;
    gaps ??= new Uint8Array(count);
    gaps[word] = found;
    if (found === gap.lineBreak) breaks++;
  }
  if (!gaps) return undefined;
  const least = lines === true ? gap.tab : gap.blankLine;
  const cuts = new Uint8Array(count);
  for (let word = 0; word < count; word++) {
    if (word % stride === stride - 1) yield;
    if ((gaps[word] as number) >= least) cuts[word] = 1;
  }
  const layout = { cuts, gaps, markers: new Uint8Array(count) };
  if (lines === undefined) {
    const reader = new LayoutReader(yield* Lines.read(text, bounds, gaps), layout);
    yield* reader.read(breaks > 0);
  }
  return layout;
}

/** Decides, block by block, after which lines something ends. Blocks are what blank lines separate. */
class LayoutReader {
  readonly #lines: Lines;
  readonly #gaps: Uint8Array;
  readonly #cuts: Uint8Array;
  readonly #markers: Uint8Array;
  /** Widths of the current block: that of its longest line, and that up to which the next word would have fit. */
  #width = 0;
  #room = 0;
  /** The title in front of text that is wrapped to less than its width, or -1. */
  #wideTitle = -1;

  constructor(lines: Lines, { gaps, cuts, markers }: Layout) {
    this.#lines = lines;
    this.#gaps = gaps;
    this.#cuts = cuts;
    this.#markers = markers;
  }

  *read(breaks: boolean): Steps<void> {
    yield* this.#cutCells();
    if (!breaks) return;
    for (let from = 0, end = 1; end <= this.#lines.count; end++) {
      if (end % lineStride === 0) yield;
      if (!this.#lines.has(end - 1, fact.lastOfBlock)) continue;
      if (end - from > 1) yield* this.#readBlock(from, end);
      from = end;
    }
  }

  *#cutCells(): Steps<void> {
    const { count, first, afterLead } = this.#lines;
    for (let line = 0; line < count; line++) {
      if (line % lineStride === lineStride - 1) yield;
      if (!this.#lines.has(line, fact.row)) continue;
      const from = (this.#lines.has(line, fact.marked) ? afterLead[line] : first[line]) as number;
      for (let word = from; word < (first[line + 1] as number) - 1; word++) {
        if (word % stride === stride - 1) yield;
        if (this.#gaps[word] === gap.tab || this.#lines.endsCell(line, word)) this.#cuts[word] = 1;
      }
    }
  }

  *#readBlock(from: number, end: number): Steps<void> {
    yield* this.#measure(from, end);
    yield* this.#cutItems(from, end);
    for (let line = from, next = from; line < end; line = next) {
      next = line + 1;
      if (next % lineStride === 0) yield;
      if (!this.#isName(line)) continue;
      for (; next < end && this.#isName(next); next++) if (next % lineStride === 0) yield;
      yield* this.#readNames(from, line, next, end);
    }
    for (let line = from; line + 1 < end; line++) {
      if (line % lineStride === lineStride - 1) yield;
      if (this.#isCut(line)) continue;
      const row = this.#lines.has(line, fact.row) || this.#lines.has(line + 1, fact.row);
      if (row || this.#endsTitle(line) || this.#announces(line, end)) this.#cutAfter(line);
    }
  }

  *#measure(from: number, end: number): Steps<void> {
    const { right, lead } = this.#lines;
    const title = right[from] as number;
    let width = 0;
    let widest = 0;
    /** Width up to which the next word would have fit on each line behind the first. */
    let needed = 0;
    for (let line = end - 1; line > from; line--) {
      if (line % lineStride === lineStride - 1) yield;
      widest = Math.max(widest, right[line] as number);
      if (line < end - 1) needed = Math.max(needed, (right[line] as number) + 1 + (lead[line + 1] as number));
      // One long word may stick out of wrapped prose.
      if (this.#lines.has(line, fact.several)) width = Math.max(width, right[line] as number);
    }
    const wraps = width >= narrowest && end - from - 2 >= fewestWrapped && needed <= title;
    this.#wideTitle = wraps ? from : -1;
    if (!wraps && this.#lines.has(from, fact.several)) width = Math.max(width, title);
    this.#width = width || Math.max(widest, title);
    this.#room = Math.max(Math.min(this.#width, narrowest), Math.floor(this.#width * (1 - ragged)));
  }

  /** Cuts in front of items with list markers. */
  *#cutItems(from: number, end: number): Steps<void> {
    const last = new Map<string, { line: number; marker: ListMarker; sure: boolean }>();
    for (let line = from; line < end; line++) {
      if (line % lineStride === lineStride - 1) yield;
      if (!this.#lines.has(line, fact.marked | fact.numbered)) continue;
      const marker = this.#lines.markerOf(line);
      if (!marker) continue;
      const before = last.get(marker.style);
      const next = before !== undefined && follows(marker, before.marker, before.line === line - 1);
      const doubtful = this.#isDoubtful(line, marker);
      // C. elegans, D. melanogaster: only a list that begins with A tells letters from initials.
      const begins = marker.bare ? this.#opensText(line, from) : marker.values.includes(1);
      const sure = !doubtful || begins || (next && before.sure);
      const inList = next && sure;
      if (inList && before.line > from) this.#cutAfter(before.line - 1);
      const alone = marker.certain || (!doubtful && this.#opensItem(line));
      if (line > from && (inList || alone)) this.#cutAfter(line - 1);
      if (inList) this.#setApart(before.line, marker);
      if (inList || alone) this.#setApart(line, marker);
      last.set(marker.style, { line, marker, sure });
    }
  }

  /** Whether what looks like a marker may be a part of the text, such as the initial of a genus. */
  #isDoubtful(line: number, { bare, style }: ListMarker): boolean {
    if (bare) return true;
    return style === "A." && this.#lines.lead[line] === 2 && this.#lines.has(line, fact.bodyLower);
  }

  /** Whether a line is the first of its block, or what a colon announces. */
  #opensText(line: number, block: number): boolean {
    return line === block || this.#lines.has(line - 1, fact.endsWithColon);
  }

  /** Whether a line with a list marker opens an item although no other item is near. */
  #opensItem(line: number): boolean {
    if (line === 0) return false;
    if (this.#lines.has(line - 1, fact.endsWithColon) || this.#isItem(line - 1)) return true;
    return this.#isDeliberate(line - 1) && !this.#lines.has(line - 1, fact.endsInside);
  }

  /** Cuts between lines that may all be names, if they are a list. */
  *#readNames(block: number, from: number, end: number, blockEnd: number): Steps<void> {
    let deliberate = 0;
    let links = 0;
    let words = 0;
    for (let line = from; line < end; line++) {
      if (line % lineStride === lineStride - 1) yield;
      if (line + 1 < end && this.#isDeliberate(line)) deliberate++;
      links += this.#lines.links[line] as number;
      words += this.#lines.words[line] as number;
    }
    const breaks = end - from - 1;
    if (breaks === 0) return;
    const opens = this.#opensText(from, block) || this.#isCut(from - 1);
    const closes = end === blockEnd || this.#isCut(end - 1) || this.#isDeliberate(end - 1);
    const share = words <= wordsInShortNames * (end - from) ? proseInShortNames : proseInFewNames;
    const few = opens && closes && this.#width < narrowest && 100 * links <= share * words;
    const some = 3 * deliberate >= breaks;
    const short = this.#width < narrowest && words <= wordsInNames * (end - from);
    const many = (some && short) || (2 * deliberate >= breaks && 100 * links <= proseInNames * words);
    if (!(few || many || some)) return;
    for (let line = from; line + 1 < end; line++) {
      if (line % lineStride === lineStride - 1) yield;
      if ((few || many || this.#isDeliberate(line)) && !this.#goesOn(line)) this.#cutAfter(line);
    }
    // What stands before a list ends there, unless its last line may be wrapped into what looks like an item.
    if (from > block && this.#isDeliberate(from - 1) && !this.#goesOn(from - 1)) this.#cutAfter(from - 1);
  }

  #isItem(line: number): boolean {
    return this.#markers[this.#lines.first[line] as number] === 1;
  }

  /** Whether a line may be a name in a list. */
  #isName(line: number): boolean {
    const length = (this.#lines.right[line] as number) - (this.#lines.left[line] as number);
    return length <= longestName && !this.#isItem(line) && !this.#lines.has(line, fact.clause | fact.row);
  }

  /** Whether a line ends before a new start although there was room for more, as titles do. */
  #endsTitle(line: number): boolean {
    return this.#isDeliberate(line) && !this.#goesOn(line) && this.#lines.has(line + 1, fact.opensUpper);
  }

  /** Whether a line ends with a colon in front of a list. */
  #announces(line: number, end: number): boolean {
    if (!this.#lines.has(line, fact.endsWithColon) || !this.#isName(line + 1)) return false;
    return line + 2 >= end ? this.#isDeliberate(line) : this.#isCut(line + 1);
  }

  /** Whether the first word of the next line would have fit: wrapping did not break this line. */
  #isDeliberate(line: number): boolean {
    if (this.#lines.has(line, fact.lastOfBlock) || line === this.#wideTitle) return true;
    const { right, lead } = this.#lines;
    return (right[line] as number) + 1 + (lead[line + 1] as number) <= this.#room;
  }

  /** Whether a sentence or an item goes on in the next line for certain. */
  #goesOn(line: number): boolean {
    const { left } = this.#lines;
    if (this.#lines.has(line, fact.endsInside) || this.#lines.has(line + 1, fact.opensInside)) return true;
    const indented = (left[line + 1] as number) > (left[line] as number);
    return indented && this.#lines.has(line, fact.marked);
  }

  #isCut(line: number): boolean {
    return this.#cuts[(this.#lines.first[line + 1] as number) - 1] === 1;
  }

  /** Keeps the marker of an item out of entities. */
  #setApart(line: number, marker: ListMarker): void {
    const first = this.#lines.first[line] as number;
    // A bullet may stand close to the item.
    const isSign = marker.values.length === 0;
    this.#markers.fill(1, first, isSign ? first + 1 : this.#lines.afterLead[line]);
  }

  #cutAfter(line: number): void {
    this.#cuts[(this.#lines.first[line + 1] as number) - 1] = 1;
  }
}
