/** A stretch of a sentence's words that is encoded as one sequence. */
export interface Window {
  /** First word. */
  readonly first: number;
  /** One past the last word. */
  readonly end: number;
  /** Words whose prediction is taken from this window: those that lie farther from its cuts than from any other window's. */
  readonly owned: readonly number[];
}

/**
 * Cuts a sentence into windows that fit a sequence and overlap by half. A sentence that fits is one
 * window. Every word is in at least one window and owned by exactly one: that in which the nearest
 * cut, the place where context is missing, is farthest away, counted in tokens; of equals, the first.
 *
 * @param offsets [n_words + 1] word w has tokens offsets[w] .. offsets[w + 1)
 * @param first first word of the sentence
 * @param end   one past its last word
 * @param room  tokens that fit, at least 1. A word that has more counts as `room` tokens: it is given
 *   its first ones only and sits in a window of its own
 */
export function cutWindows(offsets: Uint32Array, first: number, end: number, room: number): Window[] {
  const reach = reachOf(offsets, first, end, room);
  const reached = (word: number) => reach[word - first] as number;
  if (reached(end) <= room) return [{ first, end, owned: range(first, end) }];

  const spans = [...halfOverlapping(reached, first, end, room)];
  const owners = ownersOf(spans, reached, first, end);
  const owned: number[][] = spans.map(() => []);
  for (let word = first; word < end; word++) owned[owners[word - first] as number]?.push(word);
  return spans.map((span, index) => ({ ...span, owned: owned[index] as number[] }));
}

/** Tokens that a word is given. */
export function tokensOf(offsets: Uint32Array, word: number, room: number): number {
  return Math.min(room, (offsets[word + 1] as number) - (offsets[word] as number));
}

/** [n_words + 1] tokens before each word of the sentence, and in all. */
function reachOf(offsets: Uint32Array, first: number, end: number, room: number): Uint32Array {
  const reach = new Uint32Array(end - first + 1);
  for (let word = first; word < end; word++) {
    reach[word - first + 1] = (reach[word - first] as number) + tokensOf(offsets, word, room);
  }
  return reach;
}

function* halfOverlapping(reached: (word: number) => number, first: number, end: number, room: number) {
  for (let from = first, to = first; ; ) {
    while (to < end && reached(to + 1) - reached(from) <= room) to++;
    yield { first: from, end: to };
    if (to === end) return;
    // The next window begins half a window before this one's end, later where its first new word is long.
    const earliest = Math.max(reached(to) - Math.floor(room / 2), reached(to + 1) - room);
    while (reached(from) < earliest) from++;
  }
}

function ownersOf(
  spans: readonly { first: number; end: number }[],
  reached: (word: number) => number,
  first: number,
  end: number,
): Uint32Array {
  const owners = new Uint32Array(end - first);
  const distances = new Float64Array(end - first).fill(-1);
  for (const [index, span] of spans.entries()) {
    for (let word = span.first; word < span.end; word++) {
      // The sentence's own ends are no cuts: there is nothing beyond them.
      const left = span.first === first ? Number.POSITIVE_INFINITY : reached(word) - reached(span.first);
      const right = span.end === end ? Number.POSITIVE_INFINITY : reached(span.end) - reached(word + 1);
      const distance = Math.min(left, right);
      if (distance > (distances[word - first] as number)) {
        distances[word - first] = distance;
        owners[word - first] = index;
      }
    }
  }
  return owners;
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, index) => first + index);
}
