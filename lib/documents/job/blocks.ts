import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { VanerError } from "../../errors.js";
import { encodeUtf8 } from "../encode.js";

/** How an output is compressed: by the ending of its name. */
export type Compression = "gzip" | "zstd" | undefined;

type Compress = (bytes: Uint8Array) => Promise<Uint8Array>;

const gzip: Compress = promisify(zlib.gzip);

/** Node.js has zstd from 22.15 on. */
const { zstdCompress } = zlib as { zstdCompress?: typeof zlib.gzip };
const zstd: Compress | undefined = zstdCompress && promisify(zstdCompress);

/** @throws {VanerError} `ERR_VANER_OUTPUT` if this Node.js cannot write zstd */
export function compressionOf(path: string): Compression {
  if (/\.gz$/i.test(path)) return "gzip";
  if (!/\.zst$/i.test(path)) return undefined;
  if (zstd) return "zstd";
  throw new VanerError(
    "ERR_VANER_OUTPUT",
    `Node.js writes zstd from 22.15 on: ${path} can be a .gz file instead.`,
  );
}

const compressors = { gzip, zstd };

/**
 * Gathers what is written into blocks. A block is compressed by itself, off the main thread: gzip and zstd files may be
 * several in a row, so the end of each block is a place to go on from.
 */
export class Blocks {
  readonly #compress: Compress | undefined;
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(compression: Compression) {
    this.#compress = compression && compressors[compression];
  }

  /** Bytes that are gathered, before compression. */
  get length(): number {
    return this.#length;
  }

  /** @throws as {@link encodeUtf8} */
  add(piece: string | Uint8Array): void {
    const bytes = encodeUtf8(piece);
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** Takes the block; the next one begins. An empty block is an empty compressed file. */
  async take(): Promise<Uint8Array> {
    const block = Buffer.concat(this.#pieces, this.#length);
    this.#pieces = [];
    this.#length = 0;
    return this.#compress ? this.#compress(block) : block;
  }
}
