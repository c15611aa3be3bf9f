import { onAbort, type StopSignal } from "../async/signals.js";
import { fromNative } from "./errors.js";
import type { NativeJob } from "./native-addon.js";

/**
 * Starts a native job and waits for it.
 *
 * If `signal` is aborted, the job is cancelled and the promise rejects with the signal's reason, even if the job
 * could not be stopped in time. It rejects only once the job has ended: no native work outlives the promise.
 *
 * @throws the signal's reason, or a `VanerError` for a native failure
 */
export async function runJob<Result>(start: () => NativeJob<Result>, signal?: StopSignal): Promise<Result> {
  signal?.throwIfAborted();
  let unfollow: (() => void) | undefined;
  try {
    const job = start();
    if (signal) unfollow = onAbort(signal, () => job.cancel());
    const result = await job.promise;
    signal?.throwIfAborted();
    return result;
  } catch (error) {
    signal?.throwIfAborted();
    throw fromNative(error);
  } finally {
    unfollow?.();
  }
}
