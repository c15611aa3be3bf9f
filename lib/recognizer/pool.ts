import { isPromise } from "../promises.js";
import { LinkedStop, type StopSignal } from "../signals.js";

/** A lazy sequence. */
export interface Source<Item> {
  /** The next item, or undefined after the last. May be asked again before it has answered. */
  next(): Item | undefined | Promise<Item | undefined>;
}

/**
 * Runs `run` for every item of a lazy sequence, at most `width` at a time. Items are asked for only
 * when there is a place for them. The first failure, or the signal, stops the
 * rest; the promise settles only when everything that was started has ended.
 * @param items given a signal that is aborted when the work must stop
 * @throws the signal's reason or the first failure
 */
export async function runAll<Item>(
  items: (stop: StopSignal) => Source<Item>,
  run: (item: Item, stop: StopSignal) => Promise<void>,
  width: number,
  signal?: StopSignal,
): Promise<void> {
  const stop = new LinkedStop(signal);
  const source = items(stop);

  const workers: Promise<void>[] = [];
  let started = 0;
  // Starts the next one when it has something to do, as most calls have little.
  const worker = async () => {
    started++;
    try {
      for (let first = true; ; first = false) {
        const next = source.next();
        const item = isPromise(next) ? await next : next;
        if (item === undefined) return;
        stop.throwIfAborted();
        if (first && started < width) workers.push(worker());
        await run(item, stop);
      }
    } catch (error) {
      if (!stop.aborted) stop.abort(error);
    }
  };
  try {
    workers.push(worker());
    for (let ended = 0; ended < workers.length; ended++) await workers[ended];
    stop.throwIfAborted();
  } finally {
    stop.unlink();
  }
}
