import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { codeOf, VanerError } from "../../errors.js";
import { outputError } from "../../output-file.js";

/** How far a job has come: everything before this is on disk. */
export interface Progress {
  /** Documents that were written. */
  readonly documents: number;
  /** Documents that were set aside. */
  readonly rejected: number;
  /** Of these, documents that were read, but could not be transformed or written. */
  readonly failed: number;
  /** Length of the unfinished file, in bytes. */
  readonly bytes: number;
  /** Length of the unfinished list of rejected documents, in bytes. */
  readonly rejectedBytes: number;
  /** Files that are complete, of an output that is cut into several. */
  readonly shards: number;
  /** Documents that were written or failed before the file that is not complete. */
  readonly shardStart: number;
  /** Whether nothing is left but to give the files their names. */
  readonly complete: boolean;
}

const noProgress: Progress = {
  documents: 0,
  rejected: 0,
  failed: 0,
  bytes: 0,
  rejectedBytes: 0,
  shards: 0,
  shardStart: 0,
  complete: false,
};

/** A journal that was opened. */
export interface OpenedJournal {
  readonly journal: Journal;
  readonly progress: Progress;
  /** Whether there was a journal to resume. */
  readonly begun: boolean;
}

/** What a journal holds. */
interface Entry {
  readonly version: 1;
  /** What the job reads and with which options: another job must not go on with its output. */
  readonly job: string;
  readonly process: { readonly id: number; readonly host: string };
  readonly progress: Progress;
}

/** Keeps the progress of a job beside its output, so that the job can go on after its process was killed. */
export class Journal {
  readonly #path: string;
  readonly #job: string;

  private constructor(path: string, job: string) {
    this.#path = path;
    this.#job = job;
  }

  /**
   * Opens the journal of a job.
   * @param job what the job reads and with which options
   * @param resume whether to go on where an earlier process stopped
   * @throws {VanerError} `ERR_VANER_OUTPUT` if another process writes this output, or the journal is of another job
   */
  static async open(path: string, job: string, resume: boolean): Promise<OpenedJournal> {
    const before = await readEntry(path);
    if (before && runs(before.process)) {
      throw new VanerError(
        "ERR_VANER_OUTPUT",
        `Process ${before.process.id} is writing this output. Wait for it; if it is another program, delete ${path}.`,
      );
    }
    if (resume && before && before.job !== job) {
      throw new VanerError(
        "ERR_VANER_OUTPUT",
        `The unfinished output beside ${path} is of another input or other options: resume with those, or start anew.`,
      );
    }
    const progress = (resume && before?.progress) || noProgress;
    const journal = new Journal(path, job);
    await journal.write(progress);
    return { journal, progress, begun: resume && before !== undefined };
  }

  /**
   * Replaces the progress, at once.
   * @throws {VanerError} `ERR_VANER_OUTPUT`
   */
  async write(progress: Progress): Promise<void> {
    const entry: Entry = {
      version: 1,
      job: this.#job,
      process: { id: process.pid, host: hostname() },
      progress,
    };
    const next = `${this.#path}.next`;
    try {
      await writeFile(next, JSON.stringify(entry), { flush: true }); // a power cut must not leave an empty one
      await rename(next, this.#path);
    } catch (error) {
      throw outputError(this.#path, error);
    }
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

async function readEntry(path: string): Promise<Entry | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw outputError(path, error);
  }
  try {
    const entry: Entry = JSON.parse(text);
    if (entry.version === 1 && Number.isSafeInteger(entry.progress.bytes)) return entry;
  } catch {}
  throw new VanerError(
    "ERR_VANER_OUTPUT",
    `${path} is not a journal of this version. Delete it to start anew.`,
  );
}

/** Whether another process of this machine has the id. */
function runs({ id, host }: Entry["process"]): boolean {
  if (id === process.pid || host !== hostname()) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
