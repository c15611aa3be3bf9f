import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { codeOf, VanerError } from "../../errors.js";
import { outputError } from "../../output-file.js";

const partialPath = (path: string) => `${path}.partial`;

/**
 * A file that grows under another name, `<path>.partial`, and can be cut back to an earlier length. It is open from the
 * first `append` on.
 */
export class ResumableFile {
  readonly #path: string;
  #file: FileHandle | undefined;
  #length: number;

  /**
   * @param path the name that the file gets once it is complete
   * @param length bytes of the unfinished file to keep; 0 begins a new one
   */
  constructor(path: string, length: number) {
    this.#path = path;
    this.#length = length;
  }

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  /**
   * Appends bytes and waits until they are on the disk.
   * @throws {VanerError} `ERR_VANER_OUTPUT`, also if the unfinished file is shorter than what was to be kept
   */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      this.#file ??= await openAt(partialPath(this.#path), this.#length);
      if (bytes.length === 0) return;
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
    await this.#file?.close();
  }
}

/** Opens a file and cuts it to a length. */
async function openAt(path: string, length: number): Promise<FileHandle> {
  const file = await open(path, length > 0 ? "r+" : "w");
  try {
    if ((await file.stat()).size < length) {
      throw new VanerError("ERR_VANER_OUTPUT", `${path} is shorter than its journal says: start anew.`);
    }
    await file.truncate(length);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Options of {@link commitFile}. */
export interface CommitOptions {
  /** Whether an empty file stays. Default: true. */
  readonly keepEmpty?: boolean;
  /** Whether an earlier process may have done it. Default: false. */
  readonly again?: boolean;
}

/**
 * Gives a complete and closed file its name.
 * @throws {VanerError} `ERR_VANER_OUTPUT`
 */
export async function commitFile(
  path: string,
  { keepEmpty = true, again = false }: CommitOptions = {},
): Promise<void> {
  const partial = partialPath(path);
  try {
    const { size } = await stat(partial);
    await (size > 0 || keepEmpty ? rename(partial, path) : rm(partial));
  } catch (error) {
    if (!again || codeOf(error) !== "ENOENT") throw outputError(path, error);
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
