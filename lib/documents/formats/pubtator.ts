import { describe, VanerError } from "../../errors.js";
import { CodePoints } from "../code-points.js";
import { countBelow } from "../count-below.js";
import {
  type Annotation,
  type Document,
  mentionOf,
  type Passage,
  type Range,
  type Relation,
} from "../document.js";
import { documentError, type Place, readOrReject } from "../errors.js";
import type { DocumentFormat, RejectAnnotation } from "../format.js";
import { isBlank, type Line, linesOf, rawOf, recordsOf } from "../input/lines.js";
import { parseRecords } from "../parse-records.js";
import { additionsTo } from "../source.js";
import { lineWriter } from "./line-writer.js";

/**
 * PubTator. A document is `id|t|title`, `id|a|abstract`, then one annotation a line (`id`, start, end, mention, type and
 * concept ids, separated by tabs) and one relation a line (`id`, type, two concept ids, perhaps more); a blank line ends
 * it. Offsets in the file count code points of all texts, joined by single spaces. The abstract may be missing, or have
 * several lines, each of which is a passage.
 *
 * Scores are not written: the format has no column for them.
 */
export const pubtator: DocumentFormat = {
  name: "pubtator",
  title: "PubTator",
  extensions: ["pubtator"],
  looksLike: (start) => /^(?![{[<])[^|\t\r\n]+\|[a-z]\|/.test(start.replace(/^\uFEFF?\s*/, "")), // JSON and XML may have |t| inside
  read: (input, { reject, rejectAnnotation }) =>
    parseRecords(
      recordsOf(linesOf(input.text), startsDocument),
      (lines) => parse(lines, input.name, rejectAnnotation),
      (error, lines) => reject(error, rawOf(lines)),
    ),
  writer: () => lineWriter("\n\n", (document) => insertInto(document) ?? writeAnew(document)),
};

const textPattern = /^([^|\t\r\n]+)\|([a-z])\|(.*)/s; // a text may hold U+2028
const digits = /^\d+$/;
const passageTypes: Readonly<Record<string, string>> = { t: "title", a: "abstract" };

/** Between the texts, in the count of offsets. */
const separator = " ";

/** Stands for the concept of a mention that has none. */
const noConcept = "-1";

/** Where a writer finds its place in the raw text of a document. */
interface Detail {
  /** Behind the last text or annotation, before the relations. */
  readonly insertAt: number;
  readonly lineEnd: string;
}

const startsDocument = ({ content }: Line, afterBlank: boolean) =>
  afterBlank || textPattern.exec(content)?.[2] === "t";

function parse(lines: readonly Line[], file: string, rejectAnnotation?: RejectAnnotation): Document {
  const texts: { type: string; text: string }[] = [];
  const rows: Row[] = [];
  let id: string | undefined;
  let length = 0; // of the raw text so far
  let insertAt = 0;
  for (const row of lines) {
    const { number: line, content, end } = row;
    length += content.length + end.length;
    if (isBlank(row)) continue;
    const bare = content.replace(/^\uFEFF/, "");
    const [, textId, kind = "", text = ""] = textPattern.exec(bare) ?? [];
    const columns = textId === undefined ? bare.split("\t") : [textId];
    const place = { file, line, document: id };
    if (id === undefined && textId === undefined) {
      throw documentError(place, "this belongs to no document: a title (id|t|…) comes first.");
    }
    id ??= textId;
    if (columns[0] !== id) throw documentError(place, `this belongs to ${JSON.stringify(columns[0])}.`);
    if (textId === undefined) rows.push({ place, columns });
    else if (rows.length === 0) texts.push({ type: passageTypes[kind] ?? kind, text });
    else throw documentError(place, "a text stands behind the annotations.");
    if (textId !== undefined || isAnnotation(columns)) insertAt = length;
  }
  const passages = annotate(
    texts,
    rows.filter(({ columns }) => isAnnotation(columns)),
    rejectAnnotation,
  );
  const relations = rows.filter(({ columns }) => !isAnnotation(columns)).map(relationOf);
  const lineEnd = lines.find(({ end }) => end !== "")?.end ?? "\n";
  const detail: Detail = { insertAt, lineEnd };
  const read = { passages, relations };
  return { id: id ?? "", ...read, source: { format: pubtator, raw: rawOf(lines), read, detail } };
}

/** A line with columns, and where it stands. */
interface Row {
  readonly place: Place;
  readonly columns: readonly string[];
}

const isAnnotation = ([, start = ""]: readonly string[]) => digits.test(start);

function annotate(
  texts: readonly { type: string; text: string }[],
  rows: readonly Row[],
  rejectAnnotation?: RejectAnnotation,
): Passage[] {
  const all = texts.map(({ text }) => text).join(separator);
  const points = new CodePoints(all);
  let start = 0;
  const passages = texts.map(({ type, text }) => {
    const passage = { type, text, start, annotations: [] as Annotation[] };
    start += text.length + separator.length;
    return passage;
  });
  const add = ({ place, columns }: Row) => {
    const [, from, to = "", mention = "", type = "", concepts = ""] = columns;
    if (!digits.test(to) || mention === "" || type === "") {
      throw documentError(
        place,
        "an annotation has id, start, end, mention and type, with tabs between them.",
      );
    }
    const first = points.toUnits(Number(from));
    const end = points.toUnits(Number(to));
    const passage = passages[countBelow(passages, (first ?? 0) + 1, ({ start }) => start) - 1];
    const text = first === undefined || end === undefined ? "" : all.slice(first, end);
    const ranges = rangesOf(mention, text, (first ?? 0) - (passage?.start ?? 0));
    if (!passage || !ranges || (ranges.at(-1) as Range).end > passage.text.length) {
      const found = JSON.stringify(text);
      throw documentError(
        place,
        `${JSON.stringify(mention)} is not the text from ${from} to ${to}: ${found}.`,
      );
    }
    const identifiers = concepts.split(/[|;,]/).map((name) => name.trim());
    passage.annotations.push({
      type,
      ranges,
      identifiers: identifiers.filter((name) => name !== "" && name !== noConcept),
    });
  };
  for (const row of rows) readOrReject(() => add(row), rejectAnnotation);
  return passages.map(({ type, text, annotations }) => ({ type, text, annotations }));
}

/**
 * Where a mention is in its stretch of the text: all of it but spaces at its edges, or parts, if it leaves out words of
 * the stretch ("breast cancer" in "breast and ovarian cancer").
 * @param offset of the stretch
 * @returns undefined if the mention is not there
 */
function rangesOf(mention: string, stretch: string, offset: number): Range[] | undefined {
  const ranges: { start: number; end: number }[] = [];
  const first = stretch.length - stretch.trimStart().length;
  let at = first;
  for (const word of mention.trim().split(/\s+/)) {
    const start = stretch.indexOf(word, at);
    if (start < 0) return undefined;
    const last = ranges.at(-1);
    at = start + word.length;
    if (last && stretch.slice(last.end, start).trim() === "") last.end = at;
    else ranges.push({ start, end: at });
  }
  if (ranges[0]?.start !== first || at !== stretch.trimEnd().length) return undefined;
  return ranges.map(({ start, end }) => ({ start: start + offset, end: end + offset }));
}

function relationOf({ place, columns }: Row): Relation {
  const [, type = "", first, second, ...more] = columns;
  if (type === "" || first === undefined || second === undefined) {
    throw documentError(place, "this is neither an annotation nor a relation: it has too few columns.");
  }
  const concepts = [first, second].map((reference) => ({ role: "", reference }));
  return more.length > 0
    ? { type, arguments: concepts, infons: { novelty: more.join("\t") } }
    : { type, arguments: concepts };
}

/** The document as its file has it, with the lines of added annotations; undefined if it has to be written anew. */
function insertInto(document: Document): string | undefined {
  const kept = additionsTo(document, pubtator);
  if (!kept) return undefined;
  const { raw, detail } = kept.source;
  const { insertAt, lineEnd } = detail as Detail;
  const rows = rowsOf(document.id, document.passages, kept.added);
  if (rows.length === 0) return raw;
  const before = raw.slice(0, insertAt);
  const joint = before.endsWith("\n") ? "" : lineEnd; // the last line of a file may have no end
  return before + joint + rows.map((row) => row + lineEnd).join("") + raw.slice(insertAt);
}

function writeAnew({ id, passages, relations = [] }: Document): string {
  if (id === "" || /[|\t\r\n]/.test(id)) {
    throw new VanerError(
      "ERR_VANER_DOCUMENT",
      `PubTator cannot hold the document ${JSON.stringify(id)}: an id is not empty and has no |, tab or line break.`,
    );
  }
  const [first] = passages;
  const all = first?.type === "title" ? passages : [emptyTitle, ...passages];
  const lines = [
    ...all.map(({ text }, index) => `${id}|${index === 0 ? "t" : "a"}|${text.replace(/[\r\n]/g, " ")}`),
    ...rowsOf(
      id,
      all,
      all.map(({ annotations }) => annotations),
    ),
    ...relations.map((relation) => [id, ...columnsOf(relation)].join("\t")),
  ];
  return `${lines.join("\n")}\n\n`;
}

const emptyTitle: Passage = { type: "title", text: "", annotations: [] };

/** The lines of annotations, passage by passage. */
function rowsOf(
  id: string,
  passages: readonly Passage[],
  annotations: readonly (readonly Annotation[])[],
): string[] {
  let start = 0; // of the passage, in code points
  return passages.flatMap((passage, index) => {
    const points = new CodePoints(passage.text);
    const offset = start;
    start += points.toPoints(passage.text.length) + separator.length;
    return (annotations[index] ?? []).map((annotation) => {
      const { type, ranges, identifiers = [] } = annotation;
      const from = offset + points.toPoints(ranges[0]?.start ?? 0);
      const to = offset + points.toPoints(ranges.at(-1)?.end ?? 0);
      const mention = mentionOf(passage, annotation).replace(/\s/g, " ");
      return [id, from, to, mention, cell(type), cell(identifiers.join("|"))].join("\t");
    });
  });
}

function columnsOf({ type, arguments: taking, infons }: Relation): string[] {
  return [
    cell(type),
    ...taking.map(({ reference }) => cell(reference)),
    ...(infons?.["novelty"] ? [infons["novelty"]] : []),
  ];
}

/** @throws {VanerError} `ERR_VANER_DOCUMENT` for what would become more cells, or more lines */
function cell(value: string): string {
  if (!/[\t\r\n]/.test(value)) return value;
  throw new VanerError(
    "ERR_VANER_DOCUMENT",
    `PubTator cannot hold ${describe(value)}, which has a tab or line break: write JSON lines.`,
  );
}
