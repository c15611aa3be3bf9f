import { VanerError } from "../../errors.js";
import { Blocks, compressionOf } from "./blocks.js";
import { Journal, type Progress } from "./journal.js";
import { commitFile, exists, ResumableFile } from "./resumable-file.js";
import type { RejectedDocument } from "./sink.js";

/** Documents and bytes after which a block ends. Blocks do not depend on interruptions, so neither does the output. */
const documentsABlock = 256;
const bytesABlock = 8 << 20;

/** What a {@link JobOutput} writes. */
export interface JobOutputOptions {
  readonly path: string;
  /** The path of each file, by its number from 0, if the output is cut into several. */
  readonly shardPath?: ((shard: number) => string) | undefined;
  /** As in {@link Journal.open}. */
  readonly job: string;
  readonly resume: boolean;
}

/**
 * The output of a job, with the list of what was rejected. Both get their names when they are complete. Until then
 * `<path>.partial` grows block by block, and `<path>.journal` says how far it is good.
 */
export class JobOutput {
  readonly #paths: Paths;
  readonly #journal: Journal;
  #file: ResumableFile;
  readonly #rejected: ResumableFile;
  readonly #blocks: Blocks;
  readonly #rejectedBlocks = new Blocks(undefined);
  #progress: Progress;
  #documents = 0; // of the block
  #rejectedDocuments = 0;
  #failed = 0;

  private constructor(paths: Paths, journal: Journal, progress: Progress) {
    this.#paths = paths;
    this.#journal = journal;
    this.#progress = progress;
    this.#file = new ResumableFile(paths.file(progress.shards), progress.bytes);
    this.#rejected = new ResumableFile(paths.rejected, progress.rejectedBytes);
    this.#blocks = new Blocks(compressionOf(paths.file(0)));
  }

  /**
   * @returns undefined if the output is complete
   * @throws {VanerError} `ERR_VANER_OUTPUT`
   */
  static async open({ path, shardPath, job, resume }: JobOutputOptions): Promise<JobOutput | undefined> {
    const paths = { file: shardPath ?? (() => path), rejected: `${path}.rejected.jsonl` };
    compressionOf(path);
    const isThere = await exists(paths.file(0));
    if (shardPath && isThere && !resume) {
      throw new VanerError(
        "ERR_VANER_OUTPUT",
        `The file ${paths.file(0)} exists already, of an earlier run: delete its files, go on with --resume, or write elsewhere.`,
      );
    }
    const { journal, progress, begun } = await Journal.open(`${path}.journal`, job, resume);
    if (progress.complete) await giveNames(paths, progress.shards, { again: true });
    if (progress.complete || (resume && !begun && isThere)) {
      await journal.remove();
      return undefined;
    }
    if (progress.shards > 0) await commitFile(paths.file(progress.shards - 1), { again: true });
    return new JobOutput(paths, journal, progress);
  }

  /** What is on the disk. */
  get progress(): Progress {
    return this.#progress;
  }

  /** Adds what the output gets for one document. */
  async add(piece: Uint8Array): Promise<void> {
    this.#blocks.add(piece);
    this.#documents++;
    if (this.#documents === documentsABlock || this.#blocks.length >= bytesABlock) await this.#endBlock();
  }

  /** Adds a malformed document to the list. */
  reject(entry: RejectedDocument): void {
    this.#rejectedBlocks.add(`${JSON.stringify(entry)}\n`);
    this.#rejectedDocuments++;
  }

  /** Adds a document that was read, but could not be transformed or written, to the list. */
  fail(entry: RejectedDocument): void {
    this.reject(entry);
    this.#failed++;
  }

  /** Adds the end of a file and gives it its name; the next one begins. */
  async endShard(end: string | Uint8Array): Promise<void> {
    this.#blocks.add(end);
    await this.#endBlock({ endsShard: true });
    await this.#file.close();
    const { shards } = this.#progress;
    await commitFile(this.#paths.file(shards - 1));
    this.#file = new ResumableFile(this.#paths.file(shards), 0);
  }

  /** Adds the end of the file and gives the output its name. */
  async finish(end: string | Uint8Array): Promise<Progress> {
    this.#blocks.add(end);
    await this.#endBlock({ complete: true });
    await this.close();
    await giveNames(this.#paths, this.#progress.shards);
    await this.#journal.remove();
    return this.#progress;
  }

  /** Leaves the output as it is, to be resumed. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.#file.close(), this.#rejected.close()]);
  }

  async #endBlock({ endsShard = false, complete = false } = {}): Promise<void> {
    await this.#file.append(await this.#blocks.take());
    await this.#rejected.append(await this.#rejectedBlocks.take());
    const before = this.#progress;
    const documents = before.documents + this.#documents;
    const failed = before.failed + this.#failed;
    this.#progress = {
      documents,
      rejected: before.rejected + this.#rejectedDocuments,
      failed,
      bytes: endsShard ? 0 : this.#file.length,
      rejectedBytes: this.#rejected.length,
      shards: before.shards + (endsShard ? 1 : 0),
      shardStart: endsShard ? documents + failed : before.shardStart,
      complete,
    };
    this.#documents = 0;
    this.#rejectedDocuments = 0;
    this.#failed = 0;
    await this.#journal.write(this.#progress);
  }
}

interface Paths {
  readonly file: (shard: number) => string;
  readonly rejected: string;
}

/** Gives the last file, and the list of what was rejected, their names. */
async function giveNames(paths: Paths, shard: number, { again = false } = {}): Promise<void> {
  await commitFile(paths.rejected, { keepEmpty: false, again });
  await commitFile(paths.file(shard), { again });
}
