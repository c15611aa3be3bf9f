import type { Range } from "../../document.js";

/** A line of a text that was broken into lines. */
export interface TextLine extends Range {
  /** The column of a position, in code points. */
  positionOf(position: number): number;
}

/**
 * Breaks a text into lines: at its line ends, and before a word that has no room. A word that is longer than a line is
 * cut.
 * @param columns length of a line, in code points
 */
export function* linesOf(text: string, columns: number): Generator<TextLine, void, undefined> {
  let at = 0;
  for (const paragraph of text.split("\n")) {
    yield* wrap(text, at, at + paragraph.length, columns);
    at += paragraph.length + 1;
  }
}

function* wrap(
  text: string,
  from: number,
  to: number,
  columns: number,
): Generator<TextLine, void, undefined> {
  let start = from;
  do {
    let end = start;
    let breakAt = 0; // behind the last space that fits
    for (let column = 0; column < columns && end < to; column++) {
      end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
      if (/\s/.test(text.slice(end - 1, end))) breakAt = end;
    }
    if (end < to && breakAt > 0 && !/\s/.test(text.charAt(end))) end = breakAt;
    yield lineOf(text, start, end);
    start = end;
  } while (start < to);
}

function lineOf(text: string, start: number, end: number): TextLine {
  return { start, end, positionOf: (position) => Array.from(text.slice(start, position)).length };
}
