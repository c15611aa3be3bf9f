import type { Annotation, Document } from "../documents/document.js";
import { type ConllDetail, sentenceLines, startsWithMark } from "../documents/formats/conll/columns.js";
import { conll, conllIo } from "../documents/formats/conll/conll.js";
import { joinPassages, startsOf } from "../documents/formats/json/entities.js";
import type { Span } from "./scores.js";
import type { TypeNamer } from "./type-names.js";

/** A text of a labelled corpus: a document, or a sentence of words. */
export interface GoldText {
  /** For messages: a document id, or `line 12`. */
  readonly name: string;
  readonly text: string;
  /** The words, if the corpus gives them; `text` is then these joined by single spaces. */
  readonly words?: readonly string[];
  /** Whether the text continues the one before it: a sentence of the same document. */
  readonly continues?: boolean;
  /** Entities of the types to measure. */
  readonly entities: readonly Span[];
  /** The type of each annotation, as the corpus names it. */
  readonly annotated?: readonly string[];
}

/**
 * The texts of a document: each of its sentences, where its format gives words, else all of it, as `annotate` reads it.
 * @param stem start of the ids that were made of the file's name
 */
export function* goldTextsOf(document: Document, typeOf: TypeNamer, stem: string): Generator<GoldText> {
  const { passages } = document;
  if (passages.some(({ sentences }) => sentences !== undefined)) {
    yield* sentencesOf(document, typeOf, stem);
    return;
  }
  const text = joinPassages(document);
  const starts = startsOf(passages);
  const placed = passages.flatMap(({ annotations }, index) =>
    annotations.map((annotation) => placedIn(text, annotation, starts[index] ?? 0)),
  );
  yield { name: nameOf(document, stem), text, ...goldOf(placed, typeOf) };
}

function* sentencesOf(document: Document, typeOf: TypeNamer, stem: string): Generator<GoldText> {
  const { passages, source } = document;
  const isConll = source?.format === conll || source?.format === conllIo;
  const lines = isConll ? sentenceLines(source.detail as ConllDetail) : [];
  let continues = source !== undefined && !startsWithMark(source.raw);
  for (const { sentences = [], annotations } of passages) {
    let start = 0;
    let next = 0;
    for (const words of sentences) {
      const text = words.join(" ");
      const own: Span[] = [];
      for (let each = annotations[next]; each && startOf(each) < start + text.length; ) {
        own.push(placedIn(text, each, -start));
        each = annotations[++next];
      }
      const line = lines.shift();
      const name = line === undefined ? nameOf(document, stem) : `line ${line}`;
      yield { name, text, words, continues, ...goldOf(own, typeOf) };
      start += text.length + 1;
      continues = true;
    }
  }
}

const startOf = ({ ranges }: Annotation) => ranges[0]?.start ?? 0;

/** A document's id, or the line of one that has none. */
function nameOf({ id }: Document, stem: string): string {
  const line = id.startsWith(`${stem}:`) ? id.slice(stem.length + 1) : "";
  return /^\d+$/.test(line) ? `line ${line}` : id;
}

/** An annotation with its type, in a text: from its first part to its last one, without spaces at its edges. */
function placedIn(text: string, { type, ranges }: Annotation, offset: number): Span {
  const start = (ranges[0]?.start ?? 0) + offset;
  const end = (ranges.at(-1)?.end ?? 0) + offset;
  const found = text.slice(start, end);
  if (found.trim() === "") return { type, start, end };
  return {
    type,
    start: start + found.length - found.trimStart().length,
    end: end - found.length + found.trimEnd().length,
  };
}

/** @param spans with the types of the corpus */
function goldOf(spans: readonly Span[], typeOf: TypeNamer): Pick<GoldText, "entities" | "annotated"> {
  const entities = spans.flatMap(({ type, start, end }) => {
    const measured = typeOf(type);
    return measured === undefined ? [] : [{ type: measured, start, end }];
  });
  return { entities, annotated: spans.map(({ type }) => type) };
}
