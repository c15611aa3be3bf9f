import { join } from "node:path";
import { VanerError } from "../../errors.js";
import type { Document } from "../document.js";
import { encodeUtf8 } from "../encode.js";
import type { DocumentParts } from "../format.js";
import { Blocks } from "./blocks.js";
import { Journal } from "./journal.js";
import { commitFile, exists, ResumableFile } from "./resumable-file.js";
import type { DocumentSink, FileCounts, RejectedDocument } from "./sink.js";

/** Documents that are written at a time: each waits for the disk. */
const documentsAtOnce = 16;

/** What a {@link FolderSink} writes, and where. */
export interface FolderSinkOptions {
  readonly folder: string;
  /** Start of the names of the journal and of the list of rejected documents. */
  readonly name: string;
  readonly parts: DocumentParts;
  /** As in {@link Journal.open}. */
  readonly job: string;
  readonly resume: boolean;
}

/**
 * Writes each document to files of its own, under its id. The last of them says that the document is complete. No file
 * is replaced: people work on such folders.
 */
export class FolderSink implements DocumentSink {
  readonly #options: FolderSinkOptions;
  readonly #journal: Journal;
  readonly #list: ResumableFile;
  readonly #rejections = new Blocks(undefined);
  /** Names of the documents that are written, without case: some systems do not tell it apart. */
  readonly #names = new Set<string>();
  readonly #writing = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #resumed = 0;
  #rejected = 0;

  private constructor(options: FolderSinkOptions, journal: Journal) {
    this.#options = options;
    this.#journal = journal;
    this.#list = new ResumableFile(listPath(options), 0);
  }

  /** @throws {VanerError} `ERR_VANER_OUTPUT` */
  static async open(options: FolderSinkOptions): Promise<FolderSink> {
    const { folder, name, job, resume } = options;
    const { journal } = await Journal.open(join(folder, `${name}.journal`), job, resume);
    return new FolderSink(options, journal);
  }

  async isDone({ id }: Document): Promise<boolean> {
    const name = fileNameOf(id);
    const last = this.#paths(name).at(-1) as string;
    // A second document of a name is not done: writing it will say so.
    if (!this.#options.resume || this.#names.has(name.toLowerCase()) || !(await exists(last))) return false;
    this.#names.add(name.toLowerCase());
    this.#resumed++;
    return true;
  }

  async write(document: Document): Promise<void> {
    const name = fileNameOf(document.id);
    checkFileName(name);
    if (this.#names.has(name.toLowerCase())) {
      throw new VanerError(
        "ERR_VANER_DOCUMENT",
        `Another document has the id ${JSON.stringify(document.id)}.`,
      );
    }
    const paths = this.#paths(name);
    const contents = this.#options.parts.write(document).map(encodeUtf8);
    if (!this.#options.resume) await refuseExisting(paths);
    this.#names.add(name.toLowerCase());
    if (this.#writing.size === documentsAtOnce) await Promise.race(this.#writing);
    this.#throwFailure();
    this.#startWriting(paths, contents);
    await this.#list.append(await this.#rejections.take());
  }

  reject(entry: RejectedDocument): void {
    this.#rejections.add(`${JSON.stringify(entry)}\n`);
    this.#rejected++;
  }

  fail(entry: RejectedDocument): void {
    this.reject(entry);
  }

  async finish(): Promise<FileCounts> {
    await Promise.all(this.#writing);
    this.#throwFailure();
    await this.#list.append(await this.#rejections.take());
    await this.close();
    await commitFile(listPath(this.#options), { keepEmpty: false });
    await this.#journal.remove();
    return { documents: this.#names.size, resumed: this.#resumed, rejected: this.#rejected };
  }

  async close(): Promise<void> {
    await Promise.all(this.#writing);
    await this.#list.close();
  }

  /** Writes the files of a document, one behind the other, while the next documents come. */
  #startWriting(paths: readonly string[], contents: readonly Uint8Array[]): void {
    const write = async () => {
      for (const [index, path] of paths.entries()) await writeFile(path, contents[index] as Uint8Array);
    };
    const writing = write()
      .catch((error) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  #paths(name: string): string[] {
    const { folder, parts } = this.#options;
    return parts.endings.map((ending) => join(folder, `${name}.${ending}`));
  }
}

const listPath = ({ folder, name }: FolderSinkOptions) => join(folder, `${name}.rejected.jsonl`);

/** Characters that file names cannot hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Windows takes none of them
const forbidden = process.platform === "win32" ? /[\0-\x1f"*/:<>?\\|]/g : /[\0/]/g;

/** An id as the name of a file: what it cannot hold is written as in URLs. */
function fileNameOf(id: string): string {
  return id.replace(
    forbidden,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** Longest name without ending, in bytes: systems take 255, and the endings need some. */
const longestName = 240;

/** @throws {VanerError} `ERR_VANER_DOCUMENT` for a name that is empty or too long */
function checkFileName(name: string): void {
  const length = Buffer.byteLength(name);
  if (length > 0 && length <= longestName) return;
  throw new VanerError(
    "ERR_VANER_DOCUMENT",
    `The id is the name of the document's files: it needs 1 to ${longestName} bytes, and has ${length}.`,
  );
}

async function refuseExisting(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (!(await exists(path))) continue;
    const remedy = "Name another folder, or leave alone with --resume what is complete.";
    throw new VanerError("ERR_VANER_OUTPUT", `The file ${path} exists already. ${remedy}`);
  }
}

async function writeFile(path: string, content: Uint8Array): Promise<void> {
  const file = new ResumableFile(path, 0);
  try {
    await file.append(content);
  } finally {
    await file.close();
  }
  await commitFile(path);
}
