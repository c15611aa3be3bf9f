import type { Transform } from "node:stream";
import * as zlib from "node:zlib";

/** What Node.js has for zstd from 22.15 on. */
const { createZstdDecompress, zstdCompressSync } = zlib as {
  readonly createZstdDecompress?: () => Decompressor;
  readonly zstdCompressSync?: (text: string) => Buffer;
};

/** @property bytesWritten that were decompressed */
type Decompressor = Transform & { readonly bytesWritten: number };

/** The text of a frame that is put behind the input. It is not in the frame as it is: copied bytes are no mark. */
const mark = "vaner end of file ".repeat(4);

/**
 * Decompresses zstd frames, of which a file may have several in a row. Node.js stops behind a frame, in silence, and
 * takes one that is cut short for complete. So the rest goes to a further decompressor, and the mark has to come out last.
 * @returns undefined if this Node.js has no zstd
 */
export function unzstd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> | undefined {
  if (!createZstdDecompress || !zstdCompressSync) return undefined;
  return withoutMark(framesOf(withMark(bytes, zstdCompressSync(mark)), createZstdDecompress));
}

async function* withMark(bytes: AsyncIterable<Uint8Array>, frame: Uint8Array) {
  yield* bytes;
  yield frame;
}

async function* withoutMark(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = Buffer.alloc(0); // what may be the mark
  for await (const piece of pieces) {
    const all = Buffer.concat([held, piece]);
    const end = Math.max(0, all.length - mark.length);
    if (end > 0) yield all.subarray(0, end);
    held = all.subarray(end);
  }
  if (held.toString() !== mark)
    throw Object.assign(new Error("unexpected end of file"), { code: "ZSTD_CUT" });
}

async function* framesOf(
  bytes: AsyncGenerator<Uint8Array>,
  create: () => Decompressor,
): AsyncGenerator<Uint8Array> {
  const input = new Input(bytes);
  try {
    for (let more = true; more; ) {
      const decompressor = create();
      const fed = feed(decompressor, input);
      try {
        yield* decompressor as AsyncIterable<Uint8Array>;
      } finally {
        decompressor.destroy();
      }
      more = await fed;
    }
  } finally {
    await bytes.return(undefined);
  }
}

/** Pieces of an input, of which the rest can be given back. */
class Input {
  readonly #pieces: AsyncGenerator<Uint8Array>;
  rest: Uint8Array | undefined;

  constructor(pieces: AsyncGenerator<Uint8Array>) {
    this.#pieces = pieces;
  }

  async next(): Promise<Uint8Array | undefined> {
    const { rest } = this;
    this.rest = undefined;
    return rest ?? (await this.#pieces.next()).value ?? undefined;
  }
}

/**
 * Feeds a decompressor until it stops, or the input ends.
 * @returns whether there is a rest that it did not take
 */
async function feed(decompressor: Decompressor, input: Input): Promise<boolean> {
  let given = 0;
  try {
    for (let piece = await input.next(); piece && !decompressor.destroyed; piece = await input.next()) {
      const taken = new Promise((resolve) => decompressor.write(piece, resolve));
      await taken;
      given += piece.length;
      const left = given - decompressor.bytesWritten;
      if (left > 0) {
        input.rest = piece.subarray(piece.length - left);
        return true;
      }
    }
    decompressor.end();
  } catch (error) {
    decompressor.destroy(error as Error);
  }
  return false;
}
