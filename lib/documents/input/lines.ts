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
