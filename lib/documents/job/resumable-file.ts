import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { codeOf, VanerError } from "../../errors.js";
import { outputError } from "../../output-file.js";

const partialPath = (path: string) => `${path}.partial`;

/** A file that grows under another name, `<path>.partial`, and can be cut back to an earlier length. */
export class ResumableFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #length: number;

  private constructor(path: string, file: FileHandle, length: number) {
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /**
   * @param path the name that the file gets once it is complete
   * @param length bytes of the unfinished file to keep; 0 begins a new one
   * @throws {VanerError} `ERR_VANER_OUTPUT`, also if the unfinished file is shorter
   */
  static async open(path: string, length: number): Promise<ResumableFile> {
    let file: FileHandle | undefined;
    try {
      file = await open(partialPath(path), length > 0 ? "r+" : "w");
      if ((await file.stat()).size < length) {
        const problem = `${partialPath(path)} is shorter than its journal says: start anew.`;
        throw new VanerError("ERR_VANER_OUTPUT", problem);
      }
      await file.truncate(length);
      return new ResumableFile(path, file, length);
    } catch (error) {
      await file?.close();
      throw outputError(path, error);
    }
  }

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  /**
   * Appends bytes and waits until they are on the disk.
   * @throws {VanerError} `ERR_VANER_OUTPUT`
   */
  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    try {
      let written = 0;
      while (written < bytes.length) {
        const rest = bytes.length - written;
        written += (await this.#file.write(bytes, written, rest, this.#length + written)).bytesWritten;
      }
      await this.#file.datasync();
      this.#length += bytes.length;
    } catch (error) {
      throw outputError(this.#path, error);
    }
  }

  /** Leaves the file unfinished. Idempotent. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/**
 * Gives a complete and closed file its name. Does nothing if that was done before.
 * @throws {VanerError} `ERR_VANER_OUTPUT`
 */
export async function commitFile(path: string, { keepEmpty = true } = {}): Promise<void> {
  const partial = partialPath(path);
  try {
    const { size } = await stat(partial);
    await (size > 0 || keepEmpty ? rename(partial, path) : rm(partial));
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw outputError(path, error);
  }
}
