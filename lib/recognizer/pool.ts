import { linkSignal } from "../signals.js";

/**
 * Runs `run` for every item of a lazy sequence, at most `width` at a time. Items are asked for only
 * when there is a place for them. The first failure, or the signal, stops the rest; the promise
 * settles only when everything that was started has ended.
 * @param items given a signal that is aborted when the work must stop
 * @throws the signal's reason or the first failure
 */
export async function runAll<Item>(
  items: (stop: AbortSignal) => AsyncGenerator<Item>,
  run: (item: Item, stop: AbortSignal) => Promise<void>,
  width: number,
  signal?: AbortSignal,
): Promise<void> {
  const stop = linkSignal(signal);
  const source = items(stop.signal);

  const worker = async () => {
    try {
      // Not `for await`: that would wait for the source before the failure could stop the others.
      for (let next = await source.next(); !next.done; next = await source.next()) {
        stop.signal.throwIfAborted();
        await run(next.value, stop.signal);
      }
    } catch (error) {
      if (!stop.signal.aborted) stop.abort(error);
      throw error;
    }
  };
  try {
    const workers = await Promise.allSettled(Array.from({ length: width }, worker));
    if (workers.some(({ status }) => status === "rejected")) throw stop.signal.reason;
    signal?.throwIfAborted();
  } finally {
    stop.unlink();
    await source.return(undefined);
  }
}
