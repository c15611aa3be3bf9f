import { describe, expect, test } from "@jest/globals";
import { runJob } from "../../lib/binding/jobs.js";
import type { NativeJob } from "../../lib/binding/native-addon.js";
import { failureOf } from "../support/failure.js";

/** A job that the test settles. */
function controlled<Result>() {
  let resolve!: (value: Result) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Result>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  const state = { cancelled: 0 };
  const job: NativeJob<Result> = { promise, cancel: () => state.cancelled++ };
  return { job, resolve, reject, state };
}

const nativeError = (code: string) => Object.assign(new Error(`native ${code}`), { code });

describe("runJob", () => {
  test("gives the result", async () => {
    const { job, resolve } = controlled<number>();
    resolve(7);
    await expect(runJob(() => job)).resolves.toBe(7);
  });

  test("turns native errors into VanerErrors and keeps them as cause", async () => {
    const { job, reject } = controlled();
    const cause = nativeError("ERR_VANER_MODEL_CORRUPT");
    reject(cause);
    const error = await failureOf(runJob(() => job));
    expect(error).toMatchObject({ code: "ERR_VANER_MODEL_CORRUPT", message: cause.message });
    expect(error.cause).toBe(cause);
  });

  test.each([new Error("what"), nativeError("ERR_OTHER"), nativeError("toString"), "text", undefined, null])(
    "reports any other value as an internal error: %s",
    async (thrown) => {
      const { job, reject } = controlled();
      reject(thrown);
      const error = await failureOf(runJob(() => job));
      expect(error).toMatchObject({ code: "ERR_VANER_INTERNAL", cause: thrown });
      expect(error.cause).toBe(thrown);
    },
  );

  test("also converts what start() throws", async () => {
    const start = () => {
      throw nativeError("ERR_VANER_OUT_OF_MEMORY");
    };
    await expect(runJob(start)).rejects.toMatchObject({ code: "ERR_VANER_OUT_OF_MEMORY" });
  });

  test("does not start when the signal is already aborted", async () => {
    let started = false;
    const start = () => {
      started = true;
      return controlled().job;
    };
    await expect(runJob(start, AbortSignal.abort("why"))).rejects.toBe("why");
    expect(started).toBe(false);
  });

  test("on abort, cancels the job, waits for its end and rejects with the reason", async () => {
    const { job, reject, state } = controlled();
    const controller = new AbortController();
    let settled = false;
    const running = runJob(() => job, controller.signal).finally(() => {
      settled = true;
    });
    running.catch(() => {});
    const reason = new Error("enough");
    controller.abort(reason);
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.cancelled).toBe(1);
    expect(settled).toBe(false);
    reject(nativeError("ERR_VANER_ABORTED"));
    await expect(running).rejects.toBe(reason);
  });

  test("rejects with the reason even if the job finishes first", async () => {
    const { job, resolve } = controlled();
    const controller = new AbortController();
    const running = runJob(() => job, controller.signal);
    controller.abort("late");
    resolve(7);
    await expect(running).rejects.toBe("late");
  });

  test("removes its listener from the signal", async () => {
    const { job, resolve, state } = controlled<number>();
    const controller = new AbortController();
    const running = runJob(() => job, controller.signal);
    resolve(7);
    await running;
    controller.abort();
    expect(state.cancelled).toBe(0);
  });
});
