import { VanerError } from "../../errors.js";
import type { Document } from "../document.js";
import { encodeUtf8 } from "../encode.js";
import type { DocumentWriter } from "../format.js";
import type { DocumentSink, FileCounts, RejectedDocument } from "./sink.js";
import type { Output } from "./stream-output.js";

/** How an output is cut into files. */
export interface Shards {
  /** Documents of each file. */
  readonly length: number;
  /** Completes a file; the next one begins. */
  readonly end: (content: string | Uint8Array) => Promise<void>;
}

/**
 * Writes documents one behind the other. An output that has documents already gets those that are left: the same bytes
 * as if it had not been interrupted.
 */
export class FileSink implements DocumentSink {
  readonly #output: Output;
  readonly #newWriter: () => DocumentWriter;
  readonly #shards: Shards | undefined;
  #writer: DocumentWriter;
  /** Whether the writer has written a document. */
  #begun = false;
  /** Documents of the file so far. */
  #documents: number;
  readonly #resumed: number;
  /** Documents that are done, and those in files that are complete. */
  readonly #done: number;
  readonly #complete: number;
  #read = 0;
  /** Malformed documents that are listed already and come again. */
  #listed: number;

  constructor(output: Output, newWriter: () => DocumentWriter, shards?: Shards) {
    const { documents, rejected, failed, shards: complete, shardStart } = output.progress;
    this.#output = output;
    this.#newWriter = newWriter;
    this.#writer = newWriter();
    this.#shards = shards;
    this.#documents = documents - complete * (shards?.length ?? 0);
    this.#resumed = documents;
    this.#done = documents + failed;
    this.#complete = shardStart;
    this.#listed = rejected - failed;
  }

  isDone(document: Document): boolean {
    if (this.#read === this.#done) return false;
    // What a writer writes depends on what it wrote before.
    if (this.#read >= this.#complete) ignoreUnfit(() => this.#pieceOf(document));
    this.#read++;
    return true;
  }

  async write(document: Document): Promise<void> {
    if (this.#documents === this.#shards?.length) {
      await this.#shards.end(this.#writer.end(true));
      this.#startWriter();
      this.#documents = 0;
    }
    await this.#output.add(this.#pieceOf(document));
    this.#documents++;
  }

  reject(entry: RejectedDocument): void {
    if (this.#listed > 0) this.#listed--;
    else this.#output.reject(entry);
  }

  fail(entry: RejectedDocument): void {
    this.#output.fail(entry);
  }

  async finish(): Promise<FileCounts> {
    const { documents, rejected } = await this.#output.finish(this.#writer.end());
    return { documents, resumed: this.#resumed, rejected };
  }

  close(): Promise<void> {
    return this.#output.close();
  }

  /** What the output gets for a document. The header comes with the first one that can be written. */
  #pieceOf(document: Document): Uint8Array {
    try {
      const piece = encodeUtf8(this.#writer.write(document));
      this.#begun = true;
      return piece;
    } catch (error) {
      if (!this.#begun) this.#startWriter();
      throw error;
    }
  }

  #startWriter(): void {
    this.#writer = this.#newWriter();
    this.#begun = false;
  }
}

/** Some of the documents that are done could not be written, and are listed. */
function ignoreUnfit(write: () => unknown): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof VanerError && error.code === "ERR_VANER_DOCUMENT")) throw error;
  }
}
