import { VanerError, type VanerErrorCode } from "../../errors.js";
import type { Document } from "../document.js";
import type { DocumentFormat, DocumentInput, FieldNames } from "../format.js";
import type { DocumentSink, FileCounts, RejectedDocument } from "./sink.js";

/** Options of {@link FileJob}. */
export interface FileJobOptions {
  readonly input: DocumentInput;
  readonly format: DocumentFormat;
  readonly sink: DocumentSink;
  /** Whether malformed documents are set aside. Default: they are an error. */
  readonly skipMalformed?: boolean | undefined;
  readonly fields?: FieldNames | undefined;
  /** As in {@link ReadOptions}. */
  readonly labels?: readonly string[] | undefined;
}

/** A document that could not be transformed. */
export interface FailedDocument {
  readonly document: Document;
  readonly code: VanerErrorCode;
  readonly message: string;
}

/** Reads the documents of a file that are left to do, and writes what became of them. */
export class FileJob {
  readonly #options: FileJobOptions;
  /** Rejected documents in front of each one that was read and not written; last, those behind all of them. */
  readonly #rejected: RejectedDocument[][] = [[]];
  #ended = false;

  constructor(options: FileJobOptions) {
    this.#options = options;
  }

  /** The documents that are left to do. To be read once. */
  async *documents(): AsyncGenerator<Document, void, undefined> {
    const { input, format, sink, fields, labels, skipMalformed = false } = this.#options;
    const reject = (error: VanerError, raw: string) => {
      if (!skipMalformed) throw error;
      this.#rejected.at(-1)?.push({ file: input.name, code: error.code, reason: error.message, raw });
    };
    for await (const document of format.read?.(input, { reject, fields, labels }) ?? []) {
      if (await sink.isDone(document)) {
        if (this.#rejected.length === 1) this.#listFirst();
        continue;
      }
      this.#rejected.push([]);
      yield document;
    }
    this.#ended = true;
  }

  /** Whether all documents were read and written. */
  get isWritten(): boolean {
    return this.#ended && this.#rejected.length === 1;
  }

  /**
   * Writes what became of the next document.
   * @throws {VanerError} for one that failed, unless malformed documents are set aside; `ERR_VANER_OUTPUT`
   */
  async write(result: Document | FailedDocument): Promise<void> {
    const { sink } = this.#options;
    this.#listFirst();
    const failed = "document" in result ? result : await this.#writeOrFail(result);
    if (failed) sink.fail(this.#rejectionOf(failed));
    this.#rejected.shift();
  }

  /** Completes the output; closes it in any case. */
  async finish(): Promise<FileCounts> {
    try {
      this.#listFirst();
      return await this.#options.sink.finish();
    } finally {
      await this.close();
    }
  }

  /** Leaves the output as it is. Idempotent. */
  close(): Promise<void> {
    return this.#options.sink.close();
  }

  #listFirst(): void {
    for (const entry of this.#rejected[0]?.splice(0) ?? []) this.#options.sink.reject(entry);
  }

  async #writeOrFail(document: Document): Promise<FailedDocument | undefined> {
    try {
      await this.#options.sink.write(document);
      return undefined;
    } catch (error) {
      if (!(error instanceof VanerError && error.code === "ERR_VANER_DOCUMENT")) throw error;
      return { document, code: error.code, message: error.message };
    }
  }

  #rejectionOf({ document, code, message }: FailedDocument): RejectedDocument {
    const { input, skipMalformed = false } = this.#options;
    const reason = `${input.name}: document ${JSON.stringify(document.id)}: ${message}`;
    if (!skipMalformed) throw new VanerError(code, reason);
    const raw = document.source?.raw ?? document.passages.map(({ text }) => text).join("\n\n");
    return { file: input.name, code, reason, raw };
  }
}
