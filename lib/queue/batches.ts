import { createHash } from "node:crypto";
import type { Annotation, Document, Passage } from "../documents/document.js";
import type { RecognizeOptions } from "../recognizer/query.js";

/** What a job holds: the text of some documents, and how to read it. Annotations and sources stay with the sender. */
export interface BatchJob {
  readonly documents: readonly { readonly passages: readonly Pick<Passage, "text" | "sentences">[] }[];
  readonly options: Omit<RecognizeOptions, "signal">;
}

/** What a worker found in a document: annotations passage by passage, or why it could not read it. */
export type BatchResult = readonly (
  | { readonly found: readonly (readonly Annotation[])[] }
  | { readonly code: string; readonly message: string }
)[];

/** The job of some documents. */
export function jobOf(documents: readonly Document[], options: BatchJob["options"]): BatchJob {
  const sent = documents.map(({ passages }) => ({
    passages: passages.map(({ text, sentences }) => ({ text, ...(sentences ? { sentences } : {}) })),
  }));
  return { documents: sent, options };
}

/**
 * Id of a job: the same documents under the same model and options are the same job, whoever sends it and however often,
 * so that its result is computed and stored once.
 */
export function jobId(model: string, job: BatchJob): string {
  return createHash("sha256")
    .update(JSON.stringify([model, job]))
    .digest("hex");
}

/** The documents of a job, to be annotated. */
export function documentsOf({ documents }: BatchJob): Document[] {
  return documents.map(({ passages }, index) => ({
    id: `${index}`,
    passages: passages.map((passage) => ({ type: "", annotations: [], ...passage })),
  }));
}

/** A document with what a worker found in it. */
export function withFound(document: Document, found: readonly (readonly Annotation[])[]): Document {
  const passages = document.passages.map((passage, index) => {
    const added = found[index] ?? [];
    return added.length > 0 ? { ...passage, annotations: [...passage.annotations, ...added] } : passage;
  });
  return { ...document, passages };
}

/** Whether what Redis gave is a result for these documents: with mentions that lie within their texts. */
export function isResultOf(documents: readonly Document[], result: unknown): result is BatchResult {
  const isFor = ({ passages }: Document, own: unknown) => {
    const { found, code, message } = Object(own);
    if (found === undefined) return typeof code === "string" && typeof message === "string";
    return (
      isArrayOf(passages.length, found) &&
      passages.every(
        ({ text }, index) => Array.isArray(found[index]) && found[index].every((each) => isIn(text, each)),
      )
    );
  };
  return isArrayOf(documents.length, result) && documents.every((each, index) => isFor(each, result[index]));
}

function isIn(text: string, annotation: unknown): boolean {
  const { type, ranges } = Object(annotation);
  const isRange = (range: unknown) => {
    const { start, end } = Object(range);
    return (
      Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= text.length
    );
  };
  return typeof type === "string" && Array.isArray(ranges) && ranges.length > 0 && ranges.every(isRange);
}

function isArrayOf(length: number, value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length === length;
}
