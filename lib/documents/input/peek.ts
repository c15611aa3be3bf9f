/** The beginning of a sequence of pieces, and all of it. */
export interface Peeked<Piece> {
  readonly start: readonly Piece[];
  /** Everything, `start` included. Can be read once. */
  readonly all: AsyncGenerator<Piece, void, undefined>;
  /** Ends a sequence that is not read. */
  readonly close: () => Promise<void>;
}

/** Reads pieces until they are this long together, or the sequence has ended. */
export async function peek<Piece extends { readonly length: number }>(
  pieces: AsyncIterable<Piece>,
  length: number,
): Promise<Peeked<Piece>> {
  const iterator = pieces[Symbol.asyncIterator]();
  const start: Piece[] = [];
  let read = 0;
  let ended = false;
  while (read < length && !ended) {
    const next = await iterator.next();
    if (next.done) ended = true;
    else {
      start.push(next.value);
      read += next.value.length;
    }
  }
  async function* all() {
    try {
      yield* start;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  // A generator that has not begun has nothing to end.
  const close = async () => {
    await iterator.return?.();
  };
  return { start, all: all(), close };
}
