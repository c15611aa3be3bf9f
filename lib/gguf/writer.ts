import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { VanerError } from "../errors.js";
import { OutputFile, outputError } from "../output-file.js";
import { aligned, encodeHeader, type TensorPlan } from "./header.js";
import { type GgufEntry, strings } from "./metadata.js";
import { hashesKey } from "./tensor-hashes.js";
import { tensorBytes } from "./tensor-types.js";

export type { TensorPlan } from "./header.js";

/** The file that {@link openGgufWriter} writes. */
export interface GgufWriterOptions {
  readonly entries: readonly GgufEntry[];
  /** In the order of their data. */
  readonly tensors: readonly TensorPlan[];
  /** Stops the writing: {@link GgufWriter.write} and {@link GgufWriter.commit} then throw its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Most bytes of one write. Some systems allow at most 2 GiB. */
const maxWrite = 2 ** 30;

/**
 * Starts a GGUF file: checks the path and the free space, and writes the header.
 * @param path of the file; an existing file is replaced once the new one is complete
 * @throws {VanerError} `ERR_VANER_OUTPUT`, `ERR_VANER_INTERNAL`; the signal's reason
 */
export async function openGgufWriter(path: string, options: GgufWriterOptions): Promise<GgufWriter> {
  options.signal?.throwIfAborted();
  const header = headerWith(options, []);
  const sizes = options.tensors.map(({ type, shape }) => tensorBytes(type, shape));
  const size = sizes.reduce((sum, bytes) => sum + aligned(bytes), header.length);
  const file = await OutputFile.prepare(path, size);
  const handle = await open(file.partial, "wx").catch((error: unknown) => {
    throw outputError(file.path, error);
  });
  const writer = new GgufWriter(file, handle, size, options);
  try {
    await writer.writeHeader(header);
    return writer;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/**
 * Writes a GGUF file, tensor by tensor, and their hashes into its header. One call at a time. A failure removes the
 * partial file; `await using` removes it if the caller fails.
 */
export class GgufWriter {
  /** Final size of the file, in bytes. */
  readonly size: number;
  readonly #file: OutputFile;
  readonly #handle: FileHandle;
  readonly #options: GgufWriterOptions;
  readonly #tensors: readonly TensorPlan[];
  readonly #hashes: string[] = [];
  #hash: Hash = createHash("sha256");
  readonly #signal: AbortSignal | undefined;
  #position = 0;
  /** Index of the tensor that is being written. */
  #index = 0;
  /** Bytes that this tensor still needs. */
  #missing = 0;

  /** For {@link openGgufWriter}. */
  constructor(file: OutputFile, handle: FileHandle, size: number, options: GgufWriterOptions) {
    this.#file = file;
    this.#handle = handle;
    this.size = size;
    this.#options = options;
    this.#tensors = options.tensors;
    this.#signal = options.signal;
    this.#startTensor();
  }

  /** For {@link openGgufWriter}. */
  async writeHeader(header: Uint8Array): Promise<void> {
    await this.#guard(() => this.#put(header));
  }

  /**
   * Appends data of the tensors, in their order and in pieces of any size; a piece may span several tensors. Adds the
   * padding between them.
   * @throws {VanerError} `ERR_VANER_OUTPUT` if the disk is full or fails; `ERR_VANER_INTERNAL` for
   *   more bytes than were planned; the signal's reason
   */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#guard(async () => {
      let rest = bytes;
      while (rest.length > 0) {
        if (this.#index === this.#tensors.length) throw defect("More weights were written than planned.");
        const piece = rest.subarray(0, this.#missing);
        rest = rest.subarray(piece.length);
        await this.#put(piece);
        this.#hash.update(piece);
        this.#missing -= piece.length;
        if (this.#missing > 0) continue;
        await this.#put(new Uint8Array(aligned(this.#position) - this.#position));
        this.#hashes.push(this.#hash.digest("hex"));
        this.#index++;
        this.#startTensor();
      }
    });
  }

  /**
   * Completes the file and gives it its name.
   * @param check runs on the complete file before it gets its name; if it throws, no file is left
   * @throws {VanerError} `ERR_VANER_OUTPUT`; `ERR_VANER_INTERNAL` if weights are missing; the signal's reason
   */
  async commit(check?: (path: string) => Promise<void>): Promise<void> {
    await this.#guard(async () => {
      const next = this.#tensors[this.#index];
      if (next) throw defect(`${this.#missing} bytes of the tensor ${next.name} were not written.`);
      this.#position = 0;
      await this.#put(headerWith(this.#options, this.#hashes));
      await this.#handle.close();
      await check?.(this.#file.partial);
      await this.#file.commit();
    });
  }

  /** Removes the partial file. Does nothing after {@link commit}. Idempotent. */
  async abort(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await this.#file.discard();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
  }

  #startTensor(): void {
    const tensor = this.#tensors[this.#index];
    this.#hash = createHash("sha256");
    this.#missing = tensor ? tensorBytes(tensor.type, tensor.shape) : 0;
  }

  async #put(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const length = Math.min(bytes.length - done, maxWrite);
      const { bytesWritten } = await this.#handle.write(bytes, done, length, this.#position);
      done += bytesWritten;
      this.#position += bytesWritten;
    }
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      this.#signal?.throwIfAborted();
      await work();
    } catch (error) {
      await this.abort();
      this.#signal?.throwIfAborted();
      throw outputError(this.#file.path, error);
    }
  }
}

/** The header, of the same length whatever the hashes. */
function headerWith({ entries, tensors }: GgufWriterOptions, hashes: readonly string[]): Uint8Array {
  const known = tensors.map((_, index) => hashes[index] ?? "0".repeat(64));
  return encodeHeader([...entries, [hashesKey, strings(known)]], tensors);
}

function defect(message: string): VanerError {
  return new VanerError("ERR_VANER_INTERNAL", message);
}
