import { type Steps, stride } from "../async/steps.js";

/** Windows that are cut between two pauses. */
const windowStride = 2 ** 9;

/** Consecutive units of a passage (words or tokens) that are encoded as one sequence. */
export interface Window {
  /** First unit. */
  readonly first: number;
  /** One past the last unit. */
  readonly end: number;
  /** Units that take their label from this window: those with tokens that have the most context in it. */
  readonly owned: readonly number[];
}

/**
 * Cuts a passage into windows that fit a sequence and overlap by half. A passage that fits is one window. Every
 * unit is in at least one window; every unit with tokens is owned by exactly one: the window whose nearest cut is
 * farthest away, in tokens; the first of equals.
 *
 * @param offsets [n_units + 1] unit u has tokens offsets[u] .. offsets[u + 1)
 * @param first first unit of the passage
 * @param end   one past its last unit
 * @param room  tokens that fit, at least 1. A longer unit keeps its first `room` tokens and gets a window of
 *   its own
 */
export function* cutWindows(offsets: Uint32Array, first: number, end: number, room: number): Steps<Window[]> {
  // Fast path: most passages fit as they are.
  if ((offsets[end] as number) - (offsets[first] as number) <= room)
    return [yield* wholePassage(offsets, first, end)];
  const reach = yield* reachOf(offsets, first, end, room);
  const reached = (unit: number) => reach[unit - first] as number;
  if (reached(end) <= room) return [yield* wholePassage(offsets, first, end)];

  const windows: (Window & { owned: number[] })[] = [];
  for (const span of halfOverlapping(reached, first, end, room)) {
    if (windows.push({ ...span, owned: [] }) % windowStride === 0) yield;
  }
  const owners = yield* ownersOf(windows, reached, first, end);
  for (let unit = first; unit < end; unit++) {
    if (unit % stride === stride - 1) yield;
    if (hasTokens(offsets, unit)) windows[owners[unit - first] ?? 0]?.owned.push(unit);
  }
  return windows;
}

/** Tokens of a unit that are read. Called for each unit, which is in range: no check for undefined. */
export function tokensOf(offsets: Uint32Array, unit: number, room: number): number {
  return Math.min(room, (offsets[unit + 1] as number) - (offsets[unit] as number));
}

function hasTokens(offsets: Uint32Array, unit: number): boolean {
  return (offsets[unit + 1] as number) > (offsets[unit] as number);
}

/** [n_units + 1] tokens before each unit of the passage, and in all. */
function* reachOf(offsets: Uint32Array, first: number, end: number, room: number): Steps<Uint32Array> {
  const reach = new Uint32Array(end - first + 1);
  for (let unit = first; unit < end; unit++) {
    if (unit % stride === stride - 1) yield;
    reach[unit - first + 1] = (reach[unit - first] as number) + tokensOf(offsets, unit, room);
  }
  return reach;
}

function* halfOverlapping(reached: (unit: number) => number, first: number, end: number, room: number) {
  for (let from = first, to = first; ; ) {
    while (to < end && reached(to + 1) - reached(from) <= room) to++;
    yield { first: from, end: to };
    if (to === end) return;
    // The next window starts half a window before this one's end (rounded up, as in VANER2), or later where the
    // next unit is long.
    const earliest = Math.max(reached(to) - Math.ceil(room / 2), reached(to + 1) - room);
    while (reached(from) < earliest) from++;
  }
}

function* ownersOf(
  spans: readonly { first: number; end: number }[],
  reached: (unit: number) => number,
  first: number,
  end: number,
): Steps<Uint32Array> {
  const owners = new Uint32Array(end - first);
  const distances = new Float64Array(end - first).fill(-1);
  for (const [index, span] of spans.entries()) {
    if (index % windowStride === windowStride - 1) yield;
    for (let unit = span.first; unit < span.end; unit++) {
      // The ends of the passage are not cuts: no context is missing there.
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

function* wholePassage(offsets: Uint32Array, first: number, end: number): Steps<Window> {
  const owned: number[] = [];
  for (let unit = first; unit < end; unit++) {
    if (unit % stride === stride - 1) yield;
    if (hasTokens(offsets, unit)) owned.push(unit);
  }
  return { first, end, owned };
}
