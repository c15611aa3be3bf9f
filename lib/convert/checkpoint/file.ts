import { type FileHandle, open, stat } from "node:fs/promises";
import { codeOf, messageOf, VanerError } from "../../errors.js";
import { checkpointError } from "./errors.js";

/** Most bytes of one read. Node.js allows at most 2 GiB - 1. */
const largestRead = 2 ** 30;

/** A file of a checkpoint, read by position. Reading fails if the file changes while it is open. */
export class CheckpointFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #changed: number;

  private constructor(
    path: string,
    handle: FileHandle,
    { size, mtimeMs }: { size: number; mtimeMs: number },
  ) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
    this.#changed = mtimeMs;
  }

  /** @throws {VanerError} `ERR_VANER_CHECKPOINT` if it is not a regular file or cannot be opened */
  static async open(path: string): Promise<CheckpointFile> {
    let handle: FileHandle | undefined;
    try {
      // Checked first: opening a named pipe would wait for its other end.
      if (!(await stat(path)).isFile()) throw new Error("it is not a regular file");
      handle = await open(path, "r");
      const file = new CheckpointFile(path, handle, await handle.stat());
      if (await file.#isLfsPointer()) {
        throw new Error("it is only a Git LFS pointer: run `git lfs pull` in its folder");
      }
      return file;
    } catch (cause) {
      await handle?.close();
      if (cause instanceof VanerError) throw cause;
      throw checkpointError(`${path} cannot be opened: ${messageOf(cause)}.`, { cause });
    }
  }

  /**
   * Reads `length` bytes from `offset`.
   * @returns a copy of the caller's own
   * @throws {VanerError} `ERR_VANER_CHECKPOINT` if the range is not in the file, or the file changed or is closed
   */
  async read(offset: number, length: number): Promise<Buffer> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw checkpointError(
        `${this.path} is cut short: it ends before byte ${offset + length}. ${fetchAgain}`,
      );
    }
    let changed = false;
    try {
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let done = 0; done < length && !changed; ) {
        const wanted = Math.min(length - done, largestRead);
        const { bytesRead } = await this.#handle.read(bytes, done, wanted, offset + done);
        changed = bytesRead === 0;
        done += bytesRead;
      }
      const { size, mtimeMs } = await this.#handle.stat();
      changed ||= size !== this.size || mtimeMs !== this.#changed;
      if (!changed) return bytes;
    } catch (cause) {
      throw checkpointError(`${this.path} cannot be read: ${messageOf(cause)}.`, { cause });
    }
    throw checkpointError(
      `${this.path} changed while it was read. Make sure that nothing writes to it, and try again.`,
    );
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.#handle.close();
  }

  /** Whether the file is what `git clone` writes without Git LFS. Source: Git LFS's specification. */
  async #isLfsPointer(): Promise<boolean> {
    const start = "version https://git-lfs.github.com/";
    if (this.size < start.length || this.size >= 1024) return false;
    return (await this.read(0, start.length)).toString("latin1") === start;
  }
}

/** Whether the path exists; opening it shows whether it can be read. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
}

/** The remedy for damaged files. */
export const fetchAgain = "Download or save it again.";
