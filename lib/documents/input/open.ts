import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { codeOf, messageOf } from "../../errors.js";
import { documentError } from "../errors.js";
import type { DocumentInput } from "../format.js";
import { decompress } from "./compression.js";
import { decode } from "./encoding.js";

/** Options of {@link openInput}. */
export interface OpenOptions {
  /** A label of the Encoding Standard. Default: UTF-8, or UTF-16 with a byte order mark. */
  readonly encoding?: string | undefined;
  /** Called with the number of bytes of the file, as it is on disk, that were read since the last call. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Bytes a read: large enough that the work of a call is a small part. */
const pieceLength = 256 * 1024;

/** The argument that stands for standard input. */
export const standardInput = "-";

/**
 * Opens a file, or standard input, for a format's reader: decompressed and decoded. Nothing is read before the text is
 * asked for.
 * @param path `-` is standard input
 */
export function openInput(path: string, options: OpenOptions = {}): DocumentInput {
  const isStream = path === standardInput;
  const name = isStream ? "standard input" : path;
  const bytes = counted(isStream ? process.stdin : bytesOf(path), options.onBytes);
  return {
    name,
    path: isStream ? undefined : path,
    encoding: options.encoding,
    text: decode(name, decompress(name, bytes), options.encoding),
  };
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* createReadStream(path, { highWaterMark: pieceLength });
  } catch (cause) {
    if (codeOf(cause) === undefined) throw cause;
    throw documentError({ file: path }, `it cannot be read: ${messageOf(cause)}.`, { cause });
  }
}

async function* counted(bytes: AsyncIterable<Uint8Array>, onBytes: OpenOptions["onBytes"]) {
  for await (const piece of bytes) {
    onBytes?.(piece.length);
    yield piece;
  }
}

/** A file's name without its folder, compression and format; `stdin` of a stream. Ids are made of it. */
export function stemOf(path: string | undefined): string {
  return basename(path ?? "stdin")
    .replace(/\.(gz|zst)$/i, "")
    .replace(/\.[^.]+$/, "");
}
