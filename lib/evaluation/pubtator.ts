import { type CorpusTypes, corpusError, type GoldText, type Line } from "./corpus.js";
import type { Span } from "./scores.js";

const textPattern = /^([^|\t]+)\|([ta])\|(.*)$/;

/** Joins title and abstract; the offsets of annotations count it. */
const separator = " ";

interface Document {
  id: string;
  line: number;
  title: string;
  abstract: string | undefined;
  annotations: { line: number; start: number; end: number; mention: string; type: string }[];
}

/**
 * Reads a PubTator file. A document is `id|t|title`, `id|a|abstract`, then one annotation a line (`id`, start, end,
 * mention, type and concept ids, separated by tabs); a blank line ends it. Offsets in the file count code points of
 * title, one space and abstract; offsets in the result count UTF-16 code units.
 * @param types `typeOf` gives the entity type of an annotation's type, or undefined to ignore the annotation
 * @throws {VanerError} `ERR_VANER_CORPUS`, with the line number, for a malformed line, or an annotation whose mention
 *   is not the text at its offsets
 */
export async function* readPubtator(
  lines: AsyncIterable<Line>,
  { typeOf }: Pick<CorpusTypes, "typeOf">,
): AsyncGenerator<GoldText> {
  let document: Document | undefined;
  for await (const { number, content } of lines) {
    if (content.trim() === "") {
      if (document) yield goldTextOf(document, typeOf);
      document = undefined;
      continue;
    }
    const [, id, part, value = ""] = textPattern.exec(content) ?? [];
    if (id !== undefined) {
      if (part === "t") {
        if (document) yield goldTextOf(document, typeOf);
        document = { id, line: number, title: value, abstract: undefined, annotations: [] };
      } else if (document?.id === id) {
        document.abstract = value;
      } else {
        throw corpusError(number, `the abstract of ${JSON.stringify(id)} does not follow its title.`);
      }
      continue;
    }
    if (!document) throw corpusError(number, "it belongs to no document: a title (id|t|…) comes first.");
    const annotation = readAnnotation(content, number, document.id);
    if (annotation) document.annotations.push(annotation);
  }
  if (document) yield goldTextOf(document, typeOf);
}

function readAnnotation(
  content: string,
  line: number,
  id: string,
): Document["annotations"][number] | undefined {
  const columns = content.split("\t");
  if (columns[0] !== id) {
    throw corpusError(
      line,
      `it belongs to ${JSON.stringify(columns[0])}, but stands in document ${JSON.stringify(id)}.`,
    );
  }
  const [, from, to, mention, type] = columns;
  // Annotations of relations have no offsets.
  if (columns.length < 5 && !/^\d+$/.test(from ?? "")) return undefined;
  const start = Number(from);
  const end = Number(to);
  if (!/^\d+$/.test(from ?? "") || !/^\d+$/.test(to ?? "") || start >= end || !mention || !type) {
    throw corpusError(line, "an annotation has an id, start, end, mention and type, separated by tabs.");
  }
  return { line, start, end, mention, type };
}

function goldTextOf(
  { id, title, abstract, annotations }: Document,
  typeOf: (annotated: string) => string | undefined,
): GoldText {
  const text = abstract === undefined ? title : title + separator + abstract;
  const unitOf = unitsOfPoints(text);
  const entities: Span[] = [];
  for (const { line, start, end, mention, type } of annotations) {
    const from = unitOf(start);
    const to = unitOf(end);
    const found = from === undefined || to === undefined ? "" : text.slice(from, to);
    if (found.trim() !== mention.trim() || from === undefined || to === undefined) {
      throw corpusError(
        line,
        `${JSON.stringify(mention)} is not the text from ${start} to ${end}, which is ${JSON.stringify(found)}.`,
      );
    }
    const named = typeOf(type);
    if (named !== undefined) entities.push({ type: named, start: from, end: to });
  }
  return { name: id, text, entities };
}

/** Converts offsets in code points to UTF-16 code units; undefined beyond the end. */
function unitsOfPoints(text: string): (points: number) => number | undefined {
  const units: number[] = [];
  let at = 0;
  for (const point of text) {
    units.push(at);
    at += point.length;
  }
  units.push(at);
  return (points) => units[points];
}
