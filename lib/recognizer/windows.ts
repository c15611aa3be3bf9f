/** A stretch of a passage's units, words or tokens, that is encoded as one sequence. */
export interface Window {
  /** First unit. */
  readonly first: number;
  /** One past the last unit. */
  readonly end: number;
  /**
   * Units with tokens whose prediction is taken from this window: those that lie farther from its cuts than from any
   * other window's.
   */
  readonly owned: readonly number[];
}

/**
 * Cuts a passage into windows that fit a sequence and overlap by half. A passage that fits is one
 * window. Every unit is in at least one window and, where it has tokens, owned by exactly one: that in which the
 * nearest cut, the place where context is missing, is farthest away, counted in tokens; of equals, the first.
 *
 * @param offsets [n_units + 1] unit u has tokens offsets[u] .. offsets[u + 1)
 * @param first first unit of the passage
 * @param end   one past its last unit
 * @param room  tokens that fit, at least 1. A unit that has more counts as `room` tokens: it is given
 *   its first ones only and sits in a window of its own
 */
export function cutWindows(offsets: Uint32Array, first: number, end: number, room: number): Window[] {
  // Most passages fit with all their tokens, and only then is no unit cut.
  if ((offsets[end] as number) - (offsets[first] as number) <= room)
    return [wholePassage(offsets, first, end)];
  const reach = reachOf(offsets, first, end, room);
  const reached = (unit: number) => reach[unit - first] as number;
  if (reached(end) <= room) return [wholePassage(offsets, first, end)];

  const spans = [...halfOverlapping(reached, first, end, room)];
  const owners = ownersOf(spans, reached, first, end);
  const owned: number[][] = spans.map(() => []);
  for (let unit = first; unit < end; unit++) {
    if (hasTokens(offsets, unit)) owned[owners[unit - first] as number]?.push(unit);
  }
  return spans.map((span, index) => ({ ...span, owned: owned[index] as number[] }));
}

/** Tokens that a unit is given. */
export function tokensOf(offsets: Uint32Array, unit: number, room: number): number {
  return Math.min(room, (offsets[unit + 1] as number) - (offsets[unit] as number));
}

function hasTokens(offsets: Uint32Array, unit: number): boolean {
  return (offsets[unit + 1] as number) > (offsets[unit] as number);
}

/** [n_units + 1] tokens before each unit of the passage, and in all. */
function reachOf(offsets: Uint32Array, first: number, end: number, room: number): Uint32Array {
  const reach = new Uint32Array(end - first + 1);
  for (let unit = first; unit < end; unit++) {
    reach[unit - first + 1] = (reach[unit - first] as number) + tokensOf(offsets, unit, room);
  }
  return reach;
}

function* halfOverlapping(reached: (unit: number) => number, first: number, end: number, room: number) {
  for (let from = first, to = first; ; ) {
    while (to < end && reached(to + 1) - reached(from) <= room) to++;
    yield { first: from, end: to };
    if (to === end) return;
    // The next window begins half a window before this one's end (of an odd number of tokens the larger half, as
    // VANER2 does), later where its first new unit is long.
    const earliest = Math.max(reached(to) - Math.ceil(room / 2), reached(to + 1) - room);
    while (reached(from) < earliest) from++;
  }
}

function ownersOf(
  spans: readonly { first: number; end: number }[],
  reached: (unit: number) => number,
  first: number,
  end: number,
): Uint32Array {
  const owners = new Uint32Array(end - first);
  const distances = new Float64Array(end - first).fill(-1);
  for (const [index, span] of spans.entries()) {
    for (let unit = span.first; unit < span.end; unit++) {
      // The passage's own ends are no cuts: there is nothing beyond them.
      const left = span.first === first ? Number.POSITIVE_INFINITY : reached(unit) - reached(span.first);
      const right = span.end === end ? Number.POSITIVE_INFINITY : reached(span.end) - reached(unit + 1);
      const distance = Math.min(left, right);
      if (distance > (distances[unit - first] as number)) {
        distances[unit - first] = distance;
        owners[unit - first] = index;
      }
    }
  }
  return owners;
}

function wholePassage(offsets: Uint32Array, first: number, end: number): Window {
  const owned: number[] = [];
  for (let unit = first; unit < end; unit++) if (hasTokens(offsets, unit)) owned.push(unit);
  return { first, end, owned };
}
