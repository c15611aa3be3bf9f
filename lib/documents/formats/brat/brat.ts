import { existsSync } from "node:fs";
import { CodePoints } from "../../code-points.js";
import { type Annotation, type Document, mentionOf, type Range, type Relation } from "../../document.js";
import { documentError, type Place, readOrReject } from "../../errors.js";
import type { DocumentFormat, DocumentInput, ReadOptions, RejectAnnotation } from "../../format.js";
import { isBlank, type Line, linesOf, rawOf } from "../../input/lines.js";
import { openInput, stemOf } from "../../input/open.js";
import { parseRecords } from "../../parse-records.js";
import { additionsTo } from "../../source.js";
import { identifierNote } from "./lines.js";
import { appendAnnotations, writeAnew } from "./writer.js";

/**
 * brat standoff: a text in `<name>.txt`, and its annotations in `<name>.ann` beside it. The document is one passage; its id
 * is the name. Mentions (T) may have several fragments; relations (R), equivalences (*) and events (E) are relations;
 * attributes (A, M) and notes (#) are infons of their mention, and references (N) its identifiers.
 *
 * Source: https://brat.nlplab.org/standoff.html
 */
export const brat: DocumentFormat = {
  name: "brat",
  title: "brat standoff",
  extensions: ["txt"],
  looksLike: (_start, path) => path?.endsWith(".txt") === true && existsSync(annotationsOf(path)),
  read,
  parts: { endings: ["txt", "ann"], write },
};

/** Where the annotations of a text are. */
const annotationsOf = (path: string) => path.replace(/\.txt$/, ".ann");

/** What the writer needs of a document that was read. */
interface Detail {
  /** The `.ann` file. */
  readonly annotations: string;
}

async function* read(
  input: DocumentInput,
  { reject, rejectAnnotation }: ReadOptions,
): AsyncGenerator<Document, void, undefined> {
  const { name, path } = input;
  if (path === undefined || annotationsOf(path) === path) {
    const problem =
      "brat keeps annotations in a file of their own: name a .txt file with an .ann file beside it.";
    throw documentError({ file: name }, problem);
  }
  if (!existsSync(annotationsOf(path))) {
    const problem =
      "it has no .ann file beside it, where brat keeps annotations: make an empty one if there are none.";
    return reject(documentError({ file: name, document: stemOf(path) }, problem), await textOf(input));
  }
  yield* parseRecords(
    filesOf(input, openInput(annotationsOf(path), input)),
    ({ text, lines }) =>
      parse(text, lines, { file: annotationsOf(path), document: stemOf(path) }, rejectAnnotation),
    (error, { text }) => reject(error, text),
  );
}

/** The contents of both files. */
async function* filesOf(input: DocumentInput, beside: DocumentInput) {
  const text = await textOf(input);
  const lines: Line[] = [];
  for await (const line of linesOf(beside.text)) lines.push(line);
  yield { text, lines };
}

async function textOf({ text: pieces }: DocumentInput): Promise<string> {
  const text: string[] = [];
  for await (const piece of pieces) text.push(piece);
  return text.join("");
}

function write(document: Document): readonly string[] {
  const kept = additionsTo(document, brat);
  if (!kept) return writeAnew(document);
  const { raw, detail } = kept.source;
  return [raw, appendAnnotations((detail as Detail).annotations, raw, kept.added.flat())];
}

/** A line of the annotations: its id, its columns behind it, and where it stands. */
interface Row {
  readonly id: string;
  readonly words: readonly string[];
  readonly rest: string;
  readonly place: Place;
}

function parse(
  text: string,
  lines: readonly Line[],
  { file, document }: { readonly file: string; readonly document: string },
  rejectAnnotation?: RejectAnnotation,
): Document {
  const rows = lines.filter((line) => !isBlank(line)).map((line) => rowOf(line, file, document));
  const facts = factsOf(rows);
  const points = new CodePoints(text);
  const annotations: Annotation[] = [];
  const add = (row: Row) => annotations.push({ ...mentionIn(row, text, points), ...facts.get(row.id) });
  for (const row of rows.filter(({ id }) => id.startsWith("T")))
    readOrReject(() => add(row), rejectAnnotation);
  const relations = rows.filter(({ id }) => /^[RE*]/.test(id)).map(relationOf);
  const read = { passages: [{ type: "", text, annotations }], relations };
  const detail: Detail = { annotations: rawOf(lines) };
  return { id: document, ...read, source: { format: brat, raw: text, read, detail } };
}

function rowOf({ number, content }: Line, file: string, document: string): Row {
  const place = { file, line: number, document };
  const [id = "", middle, ...rest] = content.replace(/^\uFEFF/, "").split("\t");
  if (middle === undefined || !/^([TREAMN#]\S+|\*)$/.test(id)) {
    throw documentError(place, "a line begins with T, R, E, A, M, N, # and a number, or with *, and a tab.");
  }
  return { id, words: middle.split(" ").filter((word) => word !== ""), rest: rest.join("\t"), place };
}

function mentionIn({ id, words, rest, place }: Row, text: string, points: CodePoints): Annotation {
  const [type = "", ...offsets] = words;
  const ranges = offsets
    .join(" ")
    .split(";")
    .map((pair) => rangeOf(pair, points));
  if (type === "" || ranges.includes(undefined)) {
    throw documentError(
      place,
      `a mention has a type, and offsets in the text: ${JSON.stringify(words.join(" "))}`,
    );
  }
  const sorted = (ranges as Range[]).sort((a, b) => a.start - b.start);
  const annotation = { id, type, ranges: joinAtLineEnds(sorted, text) };
  const found = mentionOf({ text }, { ranges: sorted });
  const bare = (mention: string) => mention.replace(/\s+/g, " ").trim();
  // Older files leave out the mention.
  if (rest !== "" && bare(rest) !== bare(found)) {
    throw documentError(
      place,
      `${JSON.stringify(rest)} is not the text at its offsets, which is ${JSON.stringify(found)}.`,
    );
  }
  return annotation;
}

function rangeOf(pair: string, points: CodePoints): Range | undefined {
  const [, from, to] = /^(\d{1,15}) (\d{1,15})$/.exec(pair) ?? [];
  const [start, end] = [from, to].map((at) => (at === undefined ? undefined : points.toUnits(Number(at))));
  return start !== undefined && end !== undefined && start < end ? { start, end } : undefined;
}

/** brat cuts a mention at the ends of lines: such fragments are one range. */
function joinAtLineEnds(fragments: readonly Range[], text: string): Range[] {
  const joined: Range[] = [];
  for (const { start, end } of fragments) {
    const last = joined.at(-1);
    const gap = last && text.slice(last.end, start);
    if (last && gap?.trim() === "" && gap.includes("\n"))
      joined[joined.length - 1] = { start: last.start, end };
    else joined.push({ start, end });
  }
  return joined;
}

/** A relation, an equivalence (`*`) or an event, whose first argument is its trigger. */
function relationOf({ id, words, place }: Row): Relation {
  const [head = "", ...rest] = words;
  const [type = "", trigger] = id.startsWith("E") ? head.split(":") : [head];
  const taking = rest.map((word) => {
    const at = word.indexOf(":");
    return { role: word.slice(0, Math.max(0, at)), reference: word.slice(at + 1) };
  });
  if (type === "" || (id.startsWith("E") && !trigger) || (taking.length === 0 && !trigger)) {
    throw documentError(place, `this is neither a relation nor an event: ${JSON.stringify(words.join(" "))}`);
  }
  const all = trigger === undefined ? taking : [{ role: "Trigger", reference: trigger }, ...taking];
  return { ...(id === "*" ? {} : { id }), type, arguments: all };
}

/** What attributes, notes and references say about each mention. */
function factsOf(rows: readonly Row[]): Map<string, Pick<Annotation, "identifiers" | "infons">> {
  const facts = new Map<string, { identifiers?: string[]; infons?: Record<string, string> }>();
  for (const { id, words, rest } of rows) {
    const [name = "", target = "", value] = words;
    if (!/^[AMN#]/.test(id) || target === "") continue;
    const own = facts.get(target) ?? {};
    facts.set(target, own);
    const identifier = id.startsWith("N") ? value : id.startsWith("#") && name === identifierNote ? rest : "";
    if (identifier) own.identifiers = [...(own.identifiers ?? []), identifier];
    else if (!id.startsWith("N"))
      own.infons = { ...own.infons, [name]: id.startsWith("#") ? rest : (value ?? "true") };
  }
  return facts;
}
