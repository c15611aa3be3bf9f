import { invalidArgument, VanerError, type VanerErrorCode } from "../../errors.js";
import type { Document } from "../document.js";
import type { DocumentFormat, DocumentInput, DocumentWriter, FieldNames } from "../format.js";
import type { RejectedDocument } from "./job-output.js";
import type { Output } from "./stream-output.js";

/** Options of {@link runFile}. */
export interface RunFileOptions {
  readonly input: DocumentInput;
  readonly inputFormat: DocumentFormat;
  readonly output: Output;
  readonly outputFormat: DocumentFormat;
  /** Whether malformed documents are set aside. Default: they are an error. */
  readonly skipMalformed?: boolean | undefined;
  readonly fields?: FieldNames | undefined;
  /** As in {@link ReadOptions}. */
  readonly labels?: readonly string[] | undefined;
  /** Whether the transform annotates: see {@link WriteOptions}. */
  readonly annotates: boolean;
}

/** A document that could not be transformed. */
export interface FailedDocument {
  readonly document: Document;
  readonly code: VanerErrorCode;
  readonly message: string;
}

/**
 * Makes of each document the one to write, or says why it cannot, in their order. It reads no faster than its result is
 * consumed.
 */
export type Transform = (documents: AsyncIterable<Document>) => AsyncIterable<Document | FailedDocument>;

/** What a job did. */
export interface FileCounts {
  /** Documents of the output. */
  readonly documents: number;
  /** Of these, documents that an earlier process had written. */
  readonly resumed: number;
  /** Malformed documents that were set aside. */
  readonly rejected: number;
}

/**
 * Reads the documents of a file, transforms them and writes them. Memory is bounded, and the order is kept. An output
 * that has documents already gets those that are left: the same bytes as if it had not been interrupted.
 * @throws {VanerError} `ERR_VANER_DOCUMENT`, `ERR_VANER_OUTPUT`; whatever the transform throws
 */
export async function runFile(transform: Transform, options: RunFileOptions): Promise<FileCounts> {
  const { inputFormat, output, outputFormat, fields, annotates: annotated } = options;
  const resumed = output.progress.documents;
  await outputFormat.prepare?.();
  const writer = outputFormat.writer?.({ fields, annotated });
  if (!writer) throw invalidArgument(`${outputFormat.title} cannot be written.`);
  if (!inputFormat.read) throw invalidArgument(`${inputFormat.title} cannot be read.`);
  const queue = new DocumentQueue(options, output.progress.documents + output.progress.failed, writer);
  for await (const result of transform(queue.documents())) {
    for (const rejected of queue.shiftRejected()) output.reject(rejected);
    const written = "document" in result ? result : writeOrFail(writer, result);
    if (typeof written === "string" || written instanceof Uint8Array) await output.add(written);
    else output.fail(rejectionOf(written, options));
  }
  for (const rejected of queue.shiftRejected()) output.reject(rejected);
  const { documents, rejected } = await output.finish(writer.end());
  return { documents, resumed, rejected };
}

function writeOrFail(writer: DocumentWriter, document: Document): string | Uint8Array | FailedDocument {
  try {
    return writer.write(document);
  } catch (error) {
    if (!(error instanceof VanerError && error.code === "ERR_VANER_DOCUMENT")) throw error;
    return { document, code: error.code, message: error.message };
  }
}

/** @throws {VanerError} unless malformed documents are set aside */
function rejectionOf(
  { document, code, message }: FailedDocument,
  { input, skipMalformed = false }: RunFileOptions,
): RejectedDocument {
  const reason = `${input.name}: document ${JSON.stringify(document.id)}: ${message}`;
  if (!skipMalformed) throw new VanerError(code, reason);
  const raw = document.source?.raw ?? document.passages.map(({ text }) => text).join("\n\n");
  return { file: input.name, code, reason, raw };
}

/** Reads the documents that are left to do, and keeps what is rejected in its place between them. */
class DocumentQueue {
  readonly #options: RunFileOptions;
  readonly #done: number;
  readonly #writer: DocumentWriter;
  /** Rejected documents in front of each one that was read and not written; last, those behind all of them. */
  readonly #rejected: RejectedDocument[][] = [[]];

  /** @param done number of documents that are written already; a writer has to have seen them */
  constructor(options: RunFileOptions, done: number, writer: DocumentWriter) {
    this.#options = options;
    this.#done = done;
    this.#writer = writer;
  }

  async *documents(): AsyncGenerator<Document, void, undefined> {
    const { input, inputFormat, fields, labels, skipMalformed = false } = this.#options;
    const reject = (error: Error & { code: string }, raw: string) => {
      if (!skipMalformed) throw error;
      this.#rejected.at(-1)?.push({ file: input.name, code: error.code, reason: error.message, raw });
    };
    let read = 0;
    for await (const document of inputFormat.read?.(input, { reject, fields, labels }) ?? []) {
      if (read++ < this.#done) {
        this.#writer.write(document);
        this.#rejected.splice(0, 1, []);
        continue;
      }
      this.#rejected.push([]);
      yield document;
    }
  }

  /** What stands in front of the next document to be written. */
  shiftRejected(): readonly RejectedDocument[] {
    return this.#rejected.shift() ?? [];
  }
}
