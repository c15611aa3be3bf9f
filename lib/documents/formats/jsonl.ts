import { type Node, parseTree } from "jsonc-parser";
import { countBelow } from "../count-below.js";
import type { Annotation, Document, Passage, Range } from "../document.js";
import { documentError, type Place, readOrReject } from "../errors.js";
import type {
  DocumentFormat,
  DocumentInput,
  ReadOptions,
  RejectAnnotation,
  WriteOptions,
} from "../format.js";
import { stemOf } from "../input/open.js";
import { insert } from "../insert.js";
import { additionsTo } from "../source.js";
import { annotationOf, isRange } from "./json/annotation.js";
import { appendTo } from "./json/append.js";
import { entitiesOf, entityOf, joinPassages, shift, startsOf } from "./json/entities.js";
import { hasInfons, infonsOf, relationsOf } from "./json/facts.js";
import { type JsonLine, readJsonLines } from "./json/lines.js";
import { lineWriter } from "./line-writer.js";

/**
 * JSON lines: a document a line, an object with `id`, `text` and `entities` (`type`, `start`, `end` in UTF-16 code units
 * of `text`; and, where known, `text`, `score`, `id`, `identifiers`, and `ranges`, pairs of offsets, of a discontinuous
 * mention). A document of several passages has `passages` (`type`, `start`, `end`), and its text is theirs, with a blank
 * line between them. Other keys are kept.
 */
export const jsonLines: DocumentFormat = {
  name: "jsonl",
  title: "JSON lines",
  extensions: ["jsonl", "ndjson"],
  looksLike: (start) => /^\uFEFF?\s*\{[^\r\n]*(\}\s*(\r?\n|$)|$)/.test(start),
  read: (input, options) => readJsonLines(input, options.reject, (line) => parse(line, input, options)),
  writer: (options) =>
    lineWriter(
      "\n",
      (document) => insertInto(document) ?? `${JSON.stringify(objectOf(document, options))}\n`,
    ),
};

function parse(
  { object, raw, start, number: line }: JsonLine,
  { name: file, path }: DocumentInput,
  { fields = {}, rejectAnnotation, requireAnnotations = false }: ReadOptions,
): Document {
  const id = idOf(object[fields.id ?? "id"], path, line);
  const place = { file, line, document: id };
  const text = object[fields.text ?? "text"];
  if (typeof text !== "string")
    throw documentError(place, `it has no ${JSON.stringify(fields.text ?? "text")}, a string.`);
  const { entities = requireAnnotations ? undefined : [] } = object;
  if (!Array.isArray(entities)) throw documentError(place, '"entities" must be an array.');
  const annotations: Annotation[] = [];
  for (const entity of entities) {
    readOrReject(() => annotations.push(annotationOf(entity, text, place)), rejectAnnotation);
  }
  const passages = passagesOf(text, object["passages"], annotations, place, rejectAnnotation);
  const read = {
    passages: passages.map(({ start: _, end: __, ...passage }) => passage),
    ...relationsOf(object),
    ...infonsOf(object),
  };
  const detail: Detail = { start, starts: passages.map(({ start }) => start) };
  return { id, ...read, source: { format: jsonLines, raw, read, detail } };
}

function idOf(id: unknown, path: string | undefined, line: number): string {
  return typeof id === "string" || typeof id === "number" ? String(id) : `${stemOf(path)}:${line}`;
}

/** A passage with its offsets in the document's text. */
type PlacedPassage = Passage & Range;

/** The passages, with the annotations that are in them; all of the text is one unless the document says otherwise. */
function passagesOf(
  text: string,
  given: unknown,
  annotations: readonly Annotation[],
  place: Place,
  rejectAnnotation?: RejectAnnotation,
): PlacedPassage[] {
  const parts: unknown = given ?? [{ type: "", start: 0, end: text.length }];
  if (!Array.isArray(parts)) throw documentError(place, '"passages" must be an array.');
  let done = 0; // end of the passage before
  const passages = parts.map((part) => {
    const { type = "", start, end } = Object(part);
    if (typeof type !== "string" || !isRange(start, end, text)) {
      throw documentError(
        place,
        `a passage has "start" and "end", offsets in "text": ${JSON.stringify(part)}`,
      );
    }
    if (start < done) {
      throw documentError(
        place,
        `"passages" follow each other in "text", and do not overlap: ${JSON.stringify(part)}`,
      );
    }
    done = end;
    const annotations: Annotation[] = [];
    return { type, text: text.slice(start, end), start, end, annotations, ...infonsOf(Object(part)) };
  });
  const add = (annotation: Annotation) => {
    const { ranges } = annotation;
    const passage = passages[countBelow(passages, (ranges[0]?.start ?? 0) + 1, ({ start }) => start) - 1];
    if (!passage || !ranges.every((range) => passage.start <= range.start && range.end <= passage.end))
      throw documentError(place, `an entity is in no passage: ${JSON.stringify(annotation)}`);
    passage.annotations.push({ ...annotation, ranges: shift(ranges, -passage.start) });
  };
  for (const annotation of annotations) readOrReject(() => add(annotation), rejectAnnotation);
  return passages;
}

/** What a writer needs to insert entities into a document's raw text. */
interface Detail {
  /** Where the object starts in the raw text. */
  readonly start: number;
  /** Where each passage starts in the document's text. */
  readonly starts: readonly number[];
}

function objectOf({ id, passages, relations = [], infons }: Document, { fields = {} }: WriteOptions) {
  const starts = startsOf(passages);
  return {
    [fields.id ?? "id"]: id,
    [fields.text ?? "text"]: joinPassages({ passages }),
    entities: entitiesOf({ passages }),
    ...(passages.length === 1 && passages[0]?.type === "" && !hasInfons(passages[0])
      ? {}
      : { passages: passages.map((passage, index) => partOf(passage, starts[index] ?? 0)) }),
    ...(relations.length > 0 ? { relations } : {}),
    ...(hasInfons({ infons }) ? { infons } : {}),
  };
}

function partOf({ type, text, infons }: Passage, start: number) {
  return { type, start, end: start + text.length, ...(hasInfons({ infons }) ? { infons } : {}) };
}

/** The document as its file has it, with added entities; undefined if it has to be written anew. */
function insertInto(document: Document): string | undefined {
  const kept = additionsTo(document, jsonLines);
  if (!kept) return undefined;
  const { raw, detail } = kept.source;
  const { start, starts } = detail as Detail;
  const added = kept.added.flatMap((annotations, index) => {
    const passage = document.passages[index] as Passage;
    return annotations.map((annotation) => entityOf(annotation, passage, starts[index] ?? 0));
  });
  if (added.length === 0) return raw;
  const object = raw.slice(start);
  return raw.slice(0, start) + insert(object, appendTo(parseTree(object) as Node, [], "entities", added));
}
