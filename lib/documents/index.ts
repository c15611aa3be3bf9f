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
  DocumentWriter,
  FieldNames,
  ReadOptions,
  WriteOptions,
} from "./format.js";
export type { RejectedDocument } from "./job/job-output.js";
export { expandInputs } from "./job/plan.js";
export type { Transform } from "./job/run-file.js";
export { type FileResult, type RunFilesOptions, runFiles } from "./job/run-files.js";
export { type ReadDocumentsOptions, readDocuments } from "./open.js";
export { documentFormats, formatNamed } from "./registry.js";
