import type { Line } from "../../input/lines.js";

/** What the writer needs of a document that was read. */
export interface ConllDetail {
  readonly lines: readonly Line[];
}

/** The columns of a line. Words may have spaces inside where tabs are between columns. */
export function columnsOf(content: string): string[] {
  return content.includes("\t") ? content.split("\t") : content.trim().split(/ +/);
}

/** The id in a line that starts a document, or an empty one; undefined in other lines. */
export function idOf(content: string): string | undefined {
  if (content.startsWith("-DOCSTART-")) return "";
  const [, medline, comment] = /^(?:###MEDLINE:(\S+)|#\s?id\s?[=:]?\s(\S.*))$/.exec(content) ?? [];
  return medline ?? comment?.trim();
}
