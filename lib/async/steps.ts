import type { StopSignal } from "./signals.js";

/**
 * Work on the JavaScript thread that can pause: the event loop may run at each `yield`. What stands between two of them
 * takes some milliseconds at most, whatever the text.
 */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Words, lines or code units that are read between two pauses. Texts of ordinary length are read in one go. */
export const stride = 2 ** 14;

/** Milliseconds of work after which other callbacks get their turn. */
const longestTurn = 5;

/** Milliseconds that were worked since the event loop ran. */
let worked = 0;
/** Work of all callers that waits for its turn, first come, first served. */
const waiting: (() => void)[] = [];
let scheduled = false;

/** Does work in one go. */
export function finish<Result>(steps: Steps<Result>): Result {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/**
 * Does work in turns, between which the event loop runs. The turns of all callers together are short.
 * @returns a promise only of work that pauses and takes more than a turn
 * @throws the signal's reason; what the work throws
 */
export function inTurns<Result>(steps: Steps<Result>, signal: StopSignal): Result | Promise<Result> {
  const step = turn(steps);
  return step.done ? step.value : moreTurns(steps, signal);
}

/** Waits for the next turn if this one is over. For loops over short work that does not pause. */
export function betweenTurns(): undefined | Promise<void> {
  return worked < longestTurn ? undefined : nextTurn();
}

async function moreTurns<Result>(steps: Steps<Result>, signal: StopSignal): Promise<Result> {
  for (;;) {
    await nextTurn();
    signal.throwIfAborted();
    const step = turn(steps);
    if (step.done) return step.value;
  }
}

/** Does at least one step. */
function turn<Result>(steps: Steps<Result>): IteratorResult<undefined, Result> {
  const before = worked;
  const start = performance.now();
  let step: IteratorResult<undefined, Result>;
  do {
    step = steps.next();
    worked = before + performance.now() - start;
  } while (!step.done && worked < longestTurn);
  schedule();
  return step;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    schedule();
  });
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    worked = 0;
    waiting.shift()?.();
    if (waiting.length > 0) schedule();
  });
}

/** Numbers by their index, as `Uint32Array.from`. */
export function* numbersOf(length: number, numberOf: (index: number) => number): Steps<Uint32Array> {
  const numbers = new Uint32Array(length);
  for (let index = 0; index < length; index++) {
    if (index % stride === stride - 1) yield;
    numbers[index] = numberOf(index);
  }
  return numbers;
}

/** As `Array.prototype.map`. */
export function* mapped<Item, Result>(
  items: readonly Item[],
  resultOf: (item: Item) => Result,
): Steps<Result[]> {
  const results: Result[] = [];
  for (const item of items) if (results.push(resultOf(item)) % stride === 0) yield;
  return results;
}

/** Sorts in O(n log n), stable as `Array.prototype.sort`. */
export function* sorted<Item>(items: readonly Item[], compare: (a: Item, b: Item) => number): Steps<Item[]> {
  let runs: Item[][] = [];
  for (let from = 0; from < items.length; from += stride) {
    runs.push(items.slice(from, from + stride).sort(compare));
    if (items.length > stride) yield;
  }
  while (runs.length > 1) {
    const longer: Item[][] = [];
    for (let run = 0; run < runs.length; run += 2) {
      longer.push(yield* merged(runs[run] ?? [], runs[run + 1] ?? [], compare));
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

function* merged<Item>(
  left: readonly Item[],
  right: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Steps<Item[]> {
  const all: Item[] = [];
  for (let [l, r] = [0, 0]; l < left.length || r < right.length; ) {
    // In range by construction.
    const fromLeft =
      r === right.length || (l < left.length && compare(left[l] as Item, right[r] as Item) <= 0);
    all.push((fromLeft ? left[l++] : right[r++]) as Item);
    if (all.length % stride === 0) yield;
  }
  return all;
}
