import type { Annotation, Document, DocumentSource, Passage } from "./document.js";
import type { DocumentFormat } from "./format.js";

/** A document that is as its file has it, but for added annotations. */
export interface KeptDocument {
  readonly source: DocumentSource;
  /** The added annotations, passage by passage. */
  readonly added: readonly (readonly Annotation[])[];
}

/**
 * What was added to a document since this format's reader gave it.
 * @returns undefined if the document comes from another format, or was changed otherwise: it has to be written anew
 */
export function additionsTo(document: Document, format: DocumentFormat): KeptDocument | undefined {
  const { source, passages } = document;
  if (source?.format !== format) return undefined;
  const { read } = source;
  if (read.passages.length !== passages.length) return undefined;
  if (read.relations !== document.relations || read.infons !== document.infons) return undefined;
  const added: (readonly Annotation[])[] = [];
  for (const [index, passage] of passages.entries()) {
    const rest = addedTo(read.passages[index] as Passage, passage);
    if (!rest) return undefined;
    added.push(rest);
  }
  return { source, added };
}

function addedTo(before: Passage, now: Passage): readonly Annotation[] | undefined {
  if (before === now) return [];
  if (before.text !== now.text || before.type !== now.type || before.infons !== now.infons) return undefined;
  if (before.annotations.some((annotation, index) => annotation !== now.annotations[index])) return undefined;
  return now.annotations.slice(before.annotations.length);
}
