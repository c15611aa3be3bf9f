import type { Document } from "../../document.js";
import { documentError } from "../../errors.js";
import type { DocumentFormat, DocumentInput, ReadOptions } from "../../format.js";
import { isBlank, type Line, linesOf, rawOf } from "../../input/lines.js";
import { stemOf } from "../../input/open.js";
import { parseRecords } from "../../parse-records.js";
import { type ConllDetail, columnsOf, idOf } from "./columns.js";
import { type ConllTag, plainTag, readPlainTag, readTag, type TaggedWord, taggedPassage } from "./tags.js";
import { conllWriter } from "./writer.js";

/**
 * CoNLL: a word a line, with its tag in the last column; a blank line ends a sentence. Columns stand between tabs, or,
 * where a line has none, between spaces. Tags are IOB1, IOB2, IOBES or BILOU, read as by seqeval's default mode. A line
 * `-DOCSTART-`, `###MEDLINE:id` or `# id = …` starts a document; without one, each sentence is a document.
 *
 * Text is the words, joined by single spaces. Entities that were added are a further column, as `conlleval` has them.
 */
export const conll: DocumentFormat = {
  name: "conll",
  title: "CoNLL",
  extensions: ["conll", "tsv"],
  looksLike: (start) => looksTagged(start, readTag),
  read: (input, options) => read(input, options, readTag, conll),
  writer: (options) => conllWriter(conll, options),
};

/** CoNLL whose tags are IO without prefixes: `O`, or a type. */
export const conllIo: DocumentFormat = {
  name: "conll-io",
  title: "CoNLL with plain types",
  extensions: ["conll", "tsv"],
  read: (input, options) => read(input, options, readPlainTag, conllIo),
  writer: (options) => conllWriter(conllIo, options, plainTag),
};

type ReadTag = (tag: string) => ConllTag | undefined;

function looksTagged(start: string, tagOf: ReadTag): boolean {
  const lines = start
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .slice(0, -1);
  const rows = lines.filter((content) => content.trim() !== "" && idOf(content) === undefined).map(columnsOf);
  return (
    rows.length > 0 &&
    rows.every((columns) => columns.length > 1 && tagOf(columns.at(-1) ?? "") !== undefined)
  );
}

function read(
  input: DocumentInput,
  { reject }: ReadOptions,
  tagOf: ReadTag,
  format: DocumentFormat,
): AsyncGenerator<Document, void, undefined> {
  return parseRecords(
    blocksOf(linesOf(input.text)),
    (lines) => parse(lines, input, tagOf, format),
    (error, lines) => reject(error, rawOf(lines)),
  );
}

/** The lines of each document, with the blank lines behind it. */
async function* blocksOf(lines: AsyncIterable<Line>): AsyncGenerator<Line[], void, undefined> {
  let block: Line[] = [];
  let marked = false; // documents have marks
  let words = false; // the block has a word
  let afterBlank = false;
  for await (const line of lines) {
    const isMark = idOf(line.content.replace(/^\uFEFF/, "")) !== undefined;
    if (words && !isBlank(line) && (isMark || (!marked && afterBlank))) {
      yield block;
      block = [];
      words = false;
    }
    marked ||= isMark;
    block.push(line);
    words ||= !isMark && !isBlank(line);
    afterBlank = isBlank(line);
  }
  if (words) yield block;
}

function parse(
  lines: readonly Line[],
  { name, path }: DocumentInput,
  tagOf: ReadTag,
  format: DocumentFormat,
): Document {
  const sentences: TaggedWord[][] = [];
  let id: string | undefined;
  let row: TaggedWord[] | undefined;
  let first = 0;
  for (const line of lines) {
    const content = line.content.replace(/^\uFEFF/, "");
    const mark = idOf(content);
    if (mark !== undefined || isBlank(line)) {
      if (mark) id = mark;
      row = undefined;
      continue;
    }
    first ||= line.number;
    const columns = columnsOf(content);
    const place = { file: name, line: line.number, document: id };
    if (columns.length < 2) throw documentError(place, "it has one column: a word and a tag are needed.");
    const [word = "", tag] = [columns[0]?.trim(), tagOf(columns.at(-1) ?? "")];
    if (!tag) {
      const found = JSON.stringify(columns.at(-1));
      throw documentError(
        place,
        `${found} is not a tag. Tags are O, or B, I, E, S, L, U with "-" and a type.`,
      );
    }
    if (word === "") throw documentError(place, "it has no word.");
    if (!row) {
      row = [];
      sentences.push(row);
    }
    row.push({ word, tag });
  }
  const passages = [taggedPassage(sentences)];
  const detail: ConllDetail = { lines };
  const source = { format, raw: rawOf(lines), read: { passages }, detail };
  return { id: id || `${stemOf(path)}:${first}`, passages, source };
}
