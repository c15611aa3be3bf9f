import type { Document } from "../document.js";
import type { DocumentWriter } from "../format.js";

/**
 * A writer of lines. The last line of a file that was read may have no end: a document behind it begins with one.
 * @param gap what ends such a line, with the blank line between documents if the format has one
 */
export function lineWriter(gap: string, linesOf: (document: Document) => string): DocumentWriter {
  let open = false; // the last line has no end
  return {
    write(document) {
      const lines = linesOf(document);
      if (lines === "") return "";
      const joint = open ? gap : "";
      open = !lines.endsWith("\n");
      return joint + lines;
    },
    end: () => "",
  };
}
