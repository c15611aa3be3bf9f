import type { Document } from "../document.js";

/** A malformed document in the list of those that were set aside. */
export interface RejectedDocument {
  readonly file: string;
  readonly code: string;
  readonly reason: string;
  /** What the file has in its place. */
  readonly raw: string;
}

/** What a job did. */
export interface FileCounts {
  /** Documents of the output. */
  readonly documents: number;
  /** Of these, documents that an earlier process had written. */
  readonly resumed: number;
  /** Malformed documents that were set aside. */
  readonly rejected: number;
}

/** What became of a file. */
export interface FileResult extends FileCounts {
  readonly input: string;
  readonly output: string;
  /** Whether an earlier process had completed the output. */
  readonly skipped: boolean;
}

/** Where the documents of an input go. */
export interface DocumentSink {
  /**
   * Whether an earlier process is done with a document. To be called for each document, in their order; those in front
   * of it may not be written yet.
   */
  isDone(document: Document): boolean | Promise<boolean>;
  /** @throws {VanerError} `ERR_VANER_OUTPUT`; `ERR_VANER_DOCUMENT` for a document that the format cannot hold */
  write(document: Document): Promise<void>;
  /** Lists a malformed document. */
  reject(entry: RejectedDocument): void;
  /** Lists a document that was read, but could not be transformed or written. */
  fail(entry: RejectedDocument): void;
  /** Completes the output. */
  finish(): Promise<FileCounts>;
  /** Leaves the output as it is, to be resumed. Idempotent. */
  close(): Promise<void>;
}
