import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, open, readlink, realpath, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { codeOf, invalidArgument, VanerError } from "./errors.js";

/** Partial files to remove if the process exits before their work has ended. */
const unfinished = new Set<string>();

/**
 * A file that appears as a whole or not at all. It is written under another name in the same folder; once complete,
 * it gets its name and replaces an existing file.
 */
export class OutputFile {
  /** The final path; symbolic links are resolved. */
  readonly path: string;
  /** Where to write until then. No file has this name yet. */
  readonly partial: string;
  #settled = false;

  private constructor(path: string) {
    this.path = path;
    this.partial = join(dirname(path), `${basename(path)}.${randomBytes(4).toString("hex")}.partial`);
    if (unfinished.size === 0) process.on("exit", removeUnfinished);
    unfinished.add(this.partial);
  }

  /**
   * Checks, before any work, that the file can be written. Creates nothing.
   * @param bytes expected size, if known
   * @throws {VanerError} `ERR_VANER_OUTPUT`
   */
  static async prepare(path: string, bytes = 0): Promise<OutputFile> {
    const target = await targetOf(resolve(path));
    await checkSpace(target, bytes);
    return new OutputFile(target);
  }

  /**
   * Flushes the written and closed file to disk and gives it its name.
   * @throws {VanerError} `ERR_VANER_OUTPUT`; the partial file is then removed
   */
  async commit(): Promise<void> {
    try {
      await synchronize(this.partial);
      await rename(this.partial, this.path);
      this.#settle();
    } catch (error) {
      await this.discard();
      throw outputError(this.path, error);
    }
    // The name survives a power failure only once the folder is flushed; not every system can flush folders.
    await synchronize(dirname(this.path), "r").catch(() => {});
  }

  /** Removes the partial file. Does nothing once the file has its name. Idempotent. */
  async discard(): Promise<void> {
    if (this.#settled) return;
    this.#settle();
    await rm(this.partial, { force: true });
  }

  #settle(): void {
    this.#settled = true;
    unfinished.delete(this.partial);
    if (unfinished.size === 0) process.off("exit", removeUnfinished);
  }
}

function removeUnfinished(): void {
  for (const partial of unfinished) {
    try {
      rmSync(partial, { force: true });
    } catch {
      // Windows does not remove a file that is open.
    }
  }
}

/**
 * Refuses an output that is one of the inputs, even through links or another spelling of its name.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export async function refuseInput(output: string, inputs: Iterable<string>): Promise<void> {
  const identify = (path: string) => stat(path, { bigint: true }).catch(() => undefined);
  const written = await identify(output);
  if (!written) return;
  for (const path of inputs) {
    const input = await identify(path);
    if (input?.dev === written.dev && input.ino === written.ino) {
      throw invalidArgument(`The output ${output} is also an input, ${path}. Name another file to write.`);
    }
  }
}

/**
 * Refuses an output that exists and is no file: a rename would replace a device such as /dev/null, or the link
 * /dev/stdout.
 * @throws {VanerError} `ERR_VANER_OUTPUT`
 */
export async function refuseDevice(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  const link = await readlink(path).catch(() => "");
  if (found === undefined || (found.isFile() && !link.startsWith("/proc/"))) return;
  throw new VanerError(
    "ERR_VANER_OUTPUT",
    `The output ${path} is a folder or a device. Name a file to write.`,
  );
}

/** An error, with a remedy, about an output file that cannot be written. */
export function outputError(path: string, error: unknown): VanerError {
  if (error instanceof VanerError) return error;
  const { code, message = String(error) } = Object(error);
  const remedy =
    code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG"
      ? " Make room there, or write to another disk."
      : code === "EACCES" || code === "EPERM" || code === "EROFS"
        ? " Write to a folder of your own."
        : "";
  return new VanerError("ERR_VANER_OUTPUT", `The file ${path} cannot be written: ${message}.${remedy}`, {
    cause: error,
  });
}

/** The path that a rename replaces. */
async function targetOf(path: string): Promise<string> {
  try {
    const folder = await stat(dirname(path));
    if (!folder.isDirectory()) throw Object.assign(new Error("not a directory"), { code: "ENOTDIR" });
  } catch (cause) {
    const problem = codeOf(cause) === "ENOENT" ? "does not exist" : "is not usable";
    throw new VanerError("ERR_VANER_OUTPUT", `The folder of the output, ${dirname(path)}, ${problem}.`, {
      cause,
    });
  }
  try {
    await refuseDevice(path);
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return path;
    throw outputError(path, error);
  }
}

async function checkSpace(path: string, bytes: number): Promise<void> {
  let available: number;
  try {
    const { blocks, bavail, bsize } = await statfs(dirname(path));
    if (blocks === 0) return; // a file system without counts
    available = bavail * bsize;
  } catch {
    return; // unknown: writing will tell
  }
  if (bytes > available) {
    throw new VanerError(
      "ERR_VANER_OUTPUT",
      `The file ${path} needs ${bytes.toLocaleString("en")} bytes, but its disk has only ` +
        `${available.toLocaleString("en")} left. Make room there, or write to another disk.`,
    );
  }
}

async function synchronize(path: string, flags = "r+"): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, flags);
    await handle.sync();
  } finally {
    await handle?.close();
  }
}
