import { type Annotation, type Document, mentionOf, type Passage, type Range } from "../../document.js";
import { hasInfons } from "./facts.js";

// Entities as JSON lines have them: offsets are in the text of the document, which is that of its passages with a blank
// line between them.

const blankLine = "\n\n";

/** The text of a document. */
export function joinPassages({ passages }: Pick<Document, "passages">): string {
  return passages.map(({ text }) => text).join(blankLine);
}

/** Where each passage starts in the document's text. */
export function startsOf(passages: readonly Passage[]): number[] {
  let start = 0;
  return passages.map(({ text }) => {
    const own = start;
    start += text.length + blankLine.length;
    return own;
  });
}

/** An annotation of a passage as an entity. @param offset of the passage */
export function entityOf(annotation: Annotation, passage: Passage, offset: number): Record<string, unknown> {
  const { id, type, score, identifiers, infons } = annotation;
  const ranges = shift(annotation.ranges, offset);
  return {
    id,
    type,
    text: mentionOf(passage, annotation),
    start: ranges[0]?.start,
    end: ranges.at(-1)?.end,
    ...(ranges.length > 1 ? { ranges: ranges.map(({ start, end }) => [start, end]) } : {}),
    score,
    identifiers,
    ...(hasInfons({ infons }) ? { infons } : {}),
  };
}

/** All entities of a document. */
export function entitiesOf({ passages }: Pick<Document, "passages">): Record<string, unknown>[] {
  const starts = startsOf(passages);
  return passages.flatMap((passage, index) =>
    passage.annotations.map((annotation) => entityOf(annotation, passage, starts[index] ?? 0)),
  );
}

/** Ranges that are moved. */
export function shift(ranges: readonly Range[], by: number): Range[] {
  return ranges.map(({ start, end }) => ({ start: start + by, end: end + by }));
}
