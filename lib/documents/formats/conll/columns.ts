import { isBlank, type Line } from "../../input/lines.js";

/** What the writer needs of a document that was read. */
export interface ConllDetail {
  readonly lines: readonly Line[];
}

/** The columns of a line. Words may have spaces inside where tabs are between columns. */
export function columnsOf(content: string): string[] {
  return content.includes("\t") ? content.split("\t") : content.trim().split(/ +/);
}

/** The number of the line on which each sentence starts. */
export function sentenceLines({ lines }: ConllDetail): number[] {
  const hasWord = (line: Line) => !isBlank(line) && idOf(line.content.replace(/^\uFEFF/, "")) === undefined;
  return lines
    .filter((line, index) => {
      const before = lines[index - 1];
      return hasWord(line) && !(before && hasWord(before));
    })
    .map(({ number }) => number);
}

/** Whether a mark starts what the file has for a document. Without one, it is a sentence of a document. */
export function startsWithMark(raw: string): boolean {
  const [line = ""] = raw.trimStart().split("\n", 1);
  return idOf(line.trimEnd()) !== undefined;
}

/** The id in a line that starts a document, or an empty one; undefined in other lines. */
export function idOf(content: string): string | undefined {
  if (content.startsWith("-DOCSTART-")) return "";
  const [, medline, comment] = /^(?:###MEDLINE:(\S+)|#\s?id\s?[=:]?\s(\S.*))$/.exec(content) ?? [];
  return medline ?? comment?.trim();
}
