import { stat } from "node:fs/promises";
import { Blocks, compressionOf } from "./blocks.js";
import { Journal, type Progress } from "./journal.js";
import { commitFile, ResumableFile } from "./resumable-file.js";

/** Documents and bytes after which a block ends. Blocks do not depend on interruptions, so neither does the output. */
const documentsABlock = 256;
const bytesABlock = 8 << 20;

/**
 * The output of a job, with the list of what was rejected. Both get their names when they are complete. Until then
 * `<path>.partial` grows block by block, and `<path>.journal` says how far it is good.
 */
export class JobOutput {
  readonly #path: string;
  readonly #journal: Journal;
  readonly #output: ResumableFile;
  readonly #rejected: ResumableFile;
  readonly #blocks: Blocks;
  readonly #rejectedBlocks = new Blocks(undefined);
  #progress: Progress;
  #documents = 0; // of the block
  #rejectedDocuments = 0;
  #failed = 0;

  private constructor(path: string, journal: Journal, progress: Progress, files: readonly ResumableFile[]) {
    [this.#output, this.#rejected] = files as [ResumableFile, ResumableFile];
    this.#path = path;
    this.#journal = journal;
    this.#progress = progress;
    this.#blocks = new Blocks(compressionOf(path));
  }

  /**
   * @param job as in {@link Journal.open}
   * @returns undefined if the output is complete
   * @throws {VanerError} `ERR_VANER_OUTPUT`
   */
  static async open(path: string, job: string, resume: boolean): Promise<JobOutput | undefined> {
    compressionOf(path);
    const { journal, progress, begun } = await Journal.open(`${path}.journal`, job, resume);
    if (progress.complete) {
      await giveNames(path);
      await journal.remove();
      return undefined;
    }
    if (resume && !begun && (await exists(path))) {
      await journal.remove();
      return undefined;
    }
    const output = await ResumableFile.open(path, progress.bytes);
    try {
      const rejected = await ResumableFile.open(rejectedPath(path), progress.rejectedBytes);
      return new JobOutput(path, journal, progress, [output, rejected]);
    } catch (error) {
      await output.close();
      throw error;
    }
  }

  /** What is on the disk. */
  get progress(): Progress {
    return this.#progress;
  }

  /** Adds what the output gets for one document. */
  async add(piece: string | Uint8Array): Promise<void> {
    this.#blocks.add(piece);
    this.#documents++;
    if (this.#documents === documentsABlock || this.#blocks.length >= bytesABlock) await this.#endBlock();
  }

  /** Adds a malformed document to the list, with the reason. */
  reject(entry: RejectedDocument): void {
    this.#rejectedBlocks.add(`${JSON.stringify(entry)}\n`);
    this.#rejectedDocuments++;
  }

  /** Adds a document that was read, but could not be transformed or written, to the list. */
  fail(entry: RejectedDocument): void {
    this.reject(entry);
    this.#failed++;
  }

  /** Adds the end of the file and gives the output its name. */
  async finish(end: string | Uint8Array): Promise<Progress> {
    this.#blocks.add(end);
    await this.#endBlock({ complete: true });
    await this.close();
    await giveNames(this.#path);
    await this.#journal.remove();
    return this.#progress;
  }

  /** Leaves the output as it is, to be resumed. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.#output.close(), this.#rejected.close()]);
  }

  async #endBlock({ complete = false } = {}): Promise<void> {
    await this.#output.append(await this.#blocks.take());
    await this.#rejected.append(await this.#rejectedBlocks.take());
    this.#progress = {
      documents: this.#progress.documents + this.#documents,
      rejected: this.#progress.rejected + this.#rejectedDocuments,
      failed: this.#progress.failed + this.#failed,
      bytes: this.#output.length,
      rejectedBytes: this.#rejected.length,
      complete,
    };
    this.#documents = 0;
    this.#rejectedDocuments = 0;
    this.#failed = 0;
    await this.#journal.write(this.#progress);
  }
}

/** A malformed document in the list. */
export interface RejectedDocument {
  readonly file: string;
  readonly code: string;
  readonly reason: string;
  /** What the file has in its place. */
  readonly raw: string;
}

const rejectedPath = (path: string) => `${path}.rejected.jsonl`;

/** Gives both files their names; those that have them already are left alone. */
async function giveNames(path: string): Promise<void> {
  await commitFile(rejectedPath(path), { keepEmpty: false });
  await commitFile(path);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
