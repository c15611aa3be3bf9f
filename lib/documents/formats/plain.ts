import type { Document } from "../document.js";
import type { DocumentFormat, DocumentInput } from "../format.js";
import { linesOf } from "../input/lines.js";
import { stemOf } from "../input/open.js";

/** Plain text, a document a file. Its id is the file's name without folder and ending. */
export const text: DocumentFormat = {
  name: "text",
  title: "plain text",
  extensions: ["txt"],
  read: readFile,
};

/** Plain text, a document a line; blank lines are none. The id is the file's name with the line's number. */
export const textLines: DocumentFormat = {
  name: "lines",
  title: "plain text, a document a line",
  extensions: ["txt"],
  read: readLines,
};

async function* readFile(input: DocumentInput): AsyncGenerator<Document, void, undefined> {
  const pieces: string[] = [];
  for await (const piece of input.text) pieces.push(piece);
  yield { id: stemOf(input.path), passages: [{ type: "", text: pieces.join(""), annotations: [] }] };
}

async function* readLines(input: DocumentInput): AsyncGenerator<Document, void, undefined> {
  const stem = stemOf(input.path);
  for await (const { number, content } of linesOf(input.text)) {
    if (content.trim() === "") continue;
    yield { id: `${stem}:${number}`, passages: [{ type: "", text: content, annotations: [] }] };
  }
}
