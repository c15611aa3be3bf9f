import { Readable, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { codeOf, messageOf } from "../../errors.js";
import { documentError } from "../errors.js";
import { peek } from "./peek.js";

/** What Node.js has for zstd from 22.15 on. */
export const zstd = zlib as typeof zlib & {
  readonly createZstdCompress?: () => Transform;
  readonly createZstdDecompress?: () => Transform;
};

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
  const transform = decompressorFor(file, Buffer.concat(start));
  if (!transform) {
    yield* all;
    return;
  }
  const source = Readable.from(all, { objectMode: false });
  source.once("error", (error) => transform.destroy(error));
  source.pipe(transform);
  try {
    yield* transform as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (!isZlibError(cause)) throw cause;
    throw documentError({ file }, `the compressed data are damaged or cut short: ${messageOf(cause)}.`, {
      cause,
    });
  } finally {
    source.destroy();
    transform.destroy();
  }
}

function decompressorFor(file: string, start: Uint8Array): Transform | undefined {
  const startsWith = (signature: readonly number[]) =>
    signature.every((byte, index) => start[index] === byte);
  if (startsWith(gzipStart)) return zlib.createGunzip();
  if (!startsWith(zstdStart)) return undefined;
  const transform = zstd.createZstdDecompress?.();
  if (transform) return transform;
  throw documentError(
    { file },
    "it is compressed with zstd, which Node.js reads from 22.15 on. Decompress it first.",
  );
}

function isZlibError(error: unknown): boolean {
  const code = codeOf(error);
  return typeof code === "string" && /^(Z_|ZSTD_)/.test(code);
}
