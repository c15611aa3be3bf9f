/**
 * Documents in the formats of biomedical corpora: reading, annotating and writing them.
 * @packageDocumentation
 */
export { annotate } from "./annotate.js";
export {
  type Annotation,
  type Document,
  type DocumentSource,
  type Infons,
  mentionOf,
  type Passage,
  type Range,
  type Relation,
} from "./document.js";
export type {
  DocumentFormat,
  DocumentInput,
  DocumentParts,
  DocumentWriter,
  FieldNames,
  ReadOptions,
  WriteOptions,
} from "./format.js";
export { expandInputs } from "./job/plan.js";
export { runFiles, type Transform } from "./job/run-files.js";
export type { RunFilesOptions } from "./job/run-options.js";
export type { FileResult, RejectedDocument } from "./job/sink.js";
export { type ReadDocumentsOptions, readDocuments } from "./open.js";
export { documentFormats, formatNamed } from "./registry.js";
