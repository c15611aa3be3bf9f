import { VanerError } from "../../../errors.js";
import { type Mark, piecesOf } from "./marks.js";

/** Mentions that share a stretch of text, and marks on all stretches or lines: more make a picture that nothing opens. */
const mostTogether = 100;
const mostDrawn = 200_000;

/** Counts what is drawn of a document: a mark is drawn again on each stretch, or line, that it covers. */
export class DrawnMarks {
  #count = 0;

  /** @throws {VanerError} `ERR_VANER_DOCUMENT` when there are too many */
  add(count: number): void {
    this.#count += count;
    if (this.#count > mostDrawn) throw tooMany();
  }
}

/**
 * Checks that the overlaps of mentions can be drawn.
 * @param marks of a text of this length, as `marksOf` sorts them
 * @throws {VanerError} `ERR_VANER_DOCUMENT`
 */
export function checkOverlaps(marks: readonly Mark[], length: number): void {
  const drawn = new DrawnMarks();
  for (const { marks: together } of piecesOf(0, length, marks)) {
    if (together.length > mostTogether) throw tooMany();
    drawn.add(together.length);
  }
}

function tooMany(): VanerError {
  return new VanerError(
    "ERR_VANER_DOCUMENT",
    "Too many mentions share text for a picture: resolve overlaps, or write JSON lines.",
  );
}
