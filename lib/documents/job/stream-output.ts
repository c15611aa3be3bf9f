import { once } from "node:events";
import type { Writable } from "node:stream";
import type { JobOutput } from "./job-output.js";
import type { Progress } from "./journal.js";
import type { RejectedDocument } from "./sink.js";

/** What a job writes to. */
export type Output = Pick<JobOutput, "progress" | "add" | "reject" | "fail" | "finish" | "close">;

/** Writes to a stream, such as standard output, as documents come. It cannot be resumed. */
export class StreamOutput implements Output {
  readonly #stream: Writable;
  readonly #onRejected: (rejected: RejectedDocument) => void;
  #documents = 0;
  #rejected = 0;

  constructor(stream: Writable, onRejected: (rejected: RejectedDocument) => void) {
    this.#stream = stream;
    this.#onRejected = onRejected;
  }

  get progress(): Progress {
    const counts = { documents: this.#documents, rejected: this.#rejected, failed: 0 };
    return { ...counts, bytes: 0, rejectedBytes: 0, shards: 0, shardStart: 0, complete: false };
  }

  async add(piece: Uint8Array): Promise<void> {
    this.#documents++;
    await this.#write(piece);
  }

  reject(entry: RejectedDocument): void {
    this.#rejected++;
    this.#onRejected(entry);
  }

  fail(entry: RejectedDocument): void {
    this.reject(entry);
  }

  async finish(end: string | Uint8Array): Promise<Progress> {
    await this.#write(end);
    return this.progress;
  }

  async close(): Promise<void> {}

  async #write(piece: string | Uint8Array): Promise<void> {
    if (piece.length > 0 && !this.#stream.write(piece)) await once(this.#stream, "drain");
  }
}
