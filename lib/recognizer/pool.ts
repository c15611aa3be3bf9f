import { LinkedStop, type StopSignal } from "../signals.js";

/**
 * Runs `run` for every item of a lazy sequence, at most `width` at a time. Items are asked for only
 * when there is a place for them, one after the other. The first failure, or the signal, stops the
 * rest; the promise settles only when everything that was started has ended.
 * @param items given a signal that is aborted when the work must stop
 * @throws the signal's reason or the first failure
 */
export async function runAll<Item>(
  items: (stop: StopSignal) => AsyncGenerator<Item>,
  run: (item: Item, stop: StopSignal) => Promise<void>,
  width: number,
  signal?: StopSignal,
): Promise<void> {
  const stop = new LinkedStop(signal);
  const source = items(stop);

  const workers: Promise<void>[] = [];
  // Starts the next one when it has something to do, as most calls have little.
  const worker = async () => {
    try {
      // Not `for await`: that would wait for the source before the failure could stop the others.
      for (let next = await source.next(), first = true; !next.done; next = await source.next()) {
        stop.throwIfAborted();
        if (first && workers.length < width) workers.push(worker());
        first = false;
        await run(next.value, stop);
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
    await source.return(undefined);
  }
}
