import type { VanerError } from "../errors.js";
import type { Document } from "./document.js";

/** A file, or standard input, as a format reads it. */
export interface DocumentInput {
  /** For messages and for the ids of documents that have none. */
  readonly name: string;
  /** The file's path; undefined for a stream. Formats that keep a document in several files look beside it. */
  readonly path?: string | undefined;
  /** The encoding that was asked for, also of the files beside it. */
  readonly encoding?: string | undefined;
  /** The decoded text, in pieces of any length. */
  readonly text: AsyncIterable<string>;
}

/** Options of {@link DocumentFormat.read}. */
export interface ReadOptions {
  /**
   * Called with a document that is malformed. If it returns, the reader leaves that document out and goes on with the
   * next one.
   * @param raw what the file has in its place
   */
  readonly reject: (error: VanerError, raw: string) => void;
  /**
   * Called with an annotation that is malformed or does not fit its text; the reader leaves it out. Default: its document
   * is malformed.
   */
  readonly rejectAnnotation?: ((error: VanerError) => void) | undefined;
  /** Whether a document that could list its annotations, and does not, is malformed. Default: false. */
  readonly requireAnnotations?: boolean | undefined;
  /** Names of fields, for formats whose field names are a convention. */
  readonly fields?: FieldNames | undefined;
  /** What numbers stand for, in formats whose tags may be numbers. */
  readonly labels?: readonly string[] | undefined;
}

/** Takes an annotation that a reader leaves out. */
export type RejectAnnotation = NonNullable<ReadOptions["rejectAnnotation"]>;

/** Names of the fields that hold a document. */
export interface FieldNames {
  /** Default: `id`. */
  readonly id?: string | undefined;
  /** Default: `text`. */
  readonly text?: string | undefined;
}

/** Options of {@link DocumentFormat.writer}. */
export interface WriteOptions {
  /** Whether the documents were annotated: tables then have a column for that in every document. Default: false. */
  readonly annotated?: boolean | undefined;
  readonly fields?: FieldNames | undefined;
}

/** Writes documents one after the other. */
export interface DocumentWriter {
  /** @returns what the file gets for this document, behind what it got before */
  write(document: Document): string | Uint8Array;
  /**
   * @param more whether another file goes on with the same input: the end of this one is not the input's then. Default:
   *   false
   * @returns the end of the file
   */
  end(more?: boolean): string | Uint8Array;
}

/** How a format keeps each document in files of its own, which share a name. */
export interface DocumentParts {
  /** Endings of the files, in the order in which they are written. */
  readonly endings: readonly string[];
  /**
   * The content of each file.
   * @throws {VanerError} `ERR_VANER_DOCUMENT` for a document that the format cannot hold
   */
  write(document: Document): readonly string[];
}

/** A format of documents. One that can be written has a writer, or parts. */
export interface DocumentFormat {
  /** As options name it, for example `bioc-xml`. */
  readonly name: string;
  /** As its users write it. */
  readonly title: string;
  /** Endings of file names, without the dot; the first is that of new files. */
  readonly extensions: readonly string[];
  /** Whether the writer can go on in a file that an earlier process began. Default: true. */
  readonly resumable?: boolean | undefined;
  /**
   * Whether a text that starts like this (4,096 code units, or all of a shorter one) is of this format.
   * @param path of its file; undefined for a stream
   */
  looksLike?(start: string, path?: string): boolean;
  /**
   * Reads documents lazily. Its memory does not grow with their number.
   * @throws {VanerError} `ERR_VANER_DOCUMENT`, with file and line, where no later document can be found
   */
  read?(input: DocumentInput, options: ReadOptions): AsyncGenerator<Document, void, undefined>;
  /** Loads what a writer needs; to be called before. */
  prepare?(): Promise<void>;
  /**
   * A writer for one file.
   * @throws {VanerError} `ERR_VANER_DOCUMENT`, from `write`, for a document that the format cannot hold
   */
  writer?(options: WriteOptions): DocumentWriter;
  /** For formats that keep each document in files of its own. */
  readonly parts?: DocumentParts;
}
