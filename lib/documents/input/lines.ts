/** A line of a text, with its number from 1. */
export interface Line {
  readonly number: number;
  /** Without its end. */
  readonly content: string;
  /** LF, CRLF, or nothing at the end of the text. */
  readonly end: string;
}

/**
 * The lines of a text. Only LF and CRLF end one: other separators occur inside of abstracts.
 * @param pieces of the text, of any length
 */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<Line, void, undefined> {
  let number = 0;
  let open: string[] = []; // pieces of a line whose end has not come
  for await (const piece of pieces) {
    let from = 0;
    for (let at = piece.indexOf("\n"); at >= 0; at = piece.indexOf("\n", from)) {
      open.push(piece.slice(from, at + 1));
      yield lineOf(++number, open.join(""));
      open = [];
      from = at + 1;
    }
    if (from < piece.length) open.push(piece.slice(from));
  }
  if (open.length > 0) yield lineOf(number + 1, open.join(""));
}

function lineOf(number: number, line: string): Line {
  const end = line.endsWith("\r\n") ? "\r\n" : line.endsWith("\n") ? "\n" : "";
  return { number, content: line.slice(0, line.length - end.length), end };
}

export const isBlank = ({ content }: Line) => content.trim() === "";

/** The text of lines, as the file has it. */
export const rawOf = (lines: readonly Line[]) => lines.map(({ content, end }) => content + end).join("");

/**
 * Groups the lines of records. Every line is in one group: blank lines are with the record before them, those at the
 * start with the first.
 * @param startsRecord whether a line that is not blank starts another record; `afterBlank` says whether blank lines
 *   stand before it
 */
export async function* recordsOf(
  lines: AsyncIterable<Line>,
  startsRecord: (line: Line, afterBlank: boolean) => boolean,
): AsyncGenerator<Line[], void, undefined> {
  let record: Line[] = [];
  let begun = false; // a line of the record is not blank
  let afterBlank = false;
  for await (const line of lines) {
    const blank = isBlank(line);
    if (begun && !blank && startsRecord(line, afterBlank)) {
      yield record;
      record = [];
    }
    record.push(line);
    begun ||= !blank;
    afterBlank = blank;
  }
  if (begun) yield record;
}

/** How many line ends a text has. */
export function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
