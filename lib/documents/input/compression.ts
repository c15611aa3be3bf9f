import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { codeOf, messageOf } from "../../errors.js";
import { documentError } from "../errors.js";
import { peek } from "./peek.js";
import { unzstd } from "./zstd.js";

// First bytes of the compressed formats.
const gzipStart = [0x1f, 0x8b];
const zstdStart = [0x28, 0xb5, 0x2f, 0xfd];

/**
 * The bytes of a file, decompressed if it is a gzip or zstd file. Several such files in a row, as `cat` and `bgzip` make
 * them, are one.
 * @throws {VanerError} `ERR_VANER_DOCUMENT` if the compressed data are damaged or cut short, or if this Node.js cannot
 *   read zstd
 */
export async function* decompress(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, all } = await peek(bytes, zstdStart.length);
  const decompressed = decompressedBy(file, Buffer.concat(start), all);
  try {
    yield* decompressed;
  } catch (cause) {
    if (!isZlibError(cause)) throw cause;
    throw documentError({ file }, `the compressed data are damaged or cut short: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

/** @param start first bytes of `all` */
function decompressedBy(
  file: string,
  start: Uint8Array,
  all: AsyncGenerator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const startsWith = (signature: readonly number[]) =>
    signature.every((byte, index) => start[index] === byte);
  if (startsWith(gzipStart)) return gunzip(all);
  if (!startsWith(zstdStart)) return all;
  const decompressed = unzstd(all);
  if (decompressed) return decompressed;
  throw documentError(
    { file },
    "it is compressed with zstd, which Node.js reads from 22.15 on. Decompress it first.",
  );
}

async function* gunzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytes, { objectMode: false });
  const transform = createGunzip();
  source.once("error", (error) => transform.destroy(error));
  source.pipe(transform);
  try {
    yield* transform as AsyncIterable<Uint8Array>;
  } finally {
    source.destroy();
    transform.destroy();
  }
}

function isZlibError(error: unknown): boolean {
  const code = codeOf(error);
  return typeof code === "string" && /^(Z_|ZSTD_)/.test(code);
}
