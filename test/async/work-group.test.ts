import { describe, expect, test } from "@jest/globals";
import { onAbort, type StopSignal } from "../../lib/async/signals.js";
import { WorkGroup } from "../../lib/async/work-group.js";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

async function* numbers(count: number, taken: number[] = []) {
  for (let index = 0; index < count; index++) {
    await tick();
    taken.push(index);
    yield index;
  }
}

/** Runs `run` for every item of a source, each when a slot is free. */
function runAll<Item, Result>(
  items: AsyncIterable<Item>,
  run: (item: Item, stop: StopSignal) => Promise<Result>,
  width: number,
  signal?: AbortSignal,
): Promise<Result[]> {
  const body = async (group: WorkGroup) => {
    const results: Promise<Result>[] = [];
    for await (const item of items) {
      results.push(group.start((stop) => run(item, stop)));
      await group.freeSlot();
    }
    return Promise.all(results);
  };
  return WorkGroup.run(width, body, signal);
}

describe("WorkGroup", () => {
  test("runs all items, limits concurrency, and pulls an item only when a slot is free", async () => {
    const taken: number[] = [];
    const done: number[] = [];
    let running = 0;
    let most = 0;
    const results = await runAll(
      numbers(20, taken),
      async (item) => {
        most = Math.max(most, ++running);
        expect(taken.length - done.length).toBeLessThanOrEqual(3);
        for (let turn = 0; turn < 5; turn++) await tick();
        running--;
        done.push(item);
        return 2 * item;
      },
      3,
    );
    expect(done.sort((a, b) => a - b)).toEqual(taken);
    expect(done).toHaveLength(20);
    expect(results).toEqual(taken.map((item) => 2 * item));
    expect(most).toBe(3);
  });

  test("is synchronous while a slot is free", async () => {
    await WorkGroup.run(2, async (group) => {
      expect(group.freeSlot()).toBeUndefined();
      const first = group.start(tick);
      expect(group.freeSlot()).toBeUndefined();
      const second = group.start(tick);
      expect(group.freeSlot()).toBeInstanceOf(Promise);
      await Promise.all([first, second]);
    });
  });

  test("on a failure, stops, waits for running items and throws the first error", async () => {
    const failure = new Error("first");
    let ended = 0;
    const taken: number[] = [];
    const running = runAll(
      numbers(100, taken),
      async (item, stop) => {
        if (item === 1) throw failure;
        await new Promise<void>((resolve) => onAbort(stop, resolve));
        await tick();
        ended++;
        stop.throwIfAborted();
      },
      3,
    );
    await expect(running).rejects.toBe(failure);
    expect(ended).toBeGreaterThan(0);
    expect(taken.length).toBeLessThan(6);
  });

  test("throws what the source throws", async () => {
    async function* broken() {
      yield 1;
      throw new Error("source");
    }
    await expect(runAll(broken(), tick, 2)).rejects.toThrow("source");
  });

  test("throws a failure that nobody waits for", async () => {
    const running = WorkGroup.run(2, async (group) => {
      group.start(() => Promise.reject(new Error("unobserved")));
      await tick();
    });
    await expect(running).rejects.toThrow("unobserved");
  });

  test("stops with the reason of the signal", async () => {
    const controller = new AbortController();
    const stopped: unknown[] = [];
    const running = runAll(
      numbers(100),
      async (item, stop) => {
        if (item === 4) controller.abort("enough");
        await tick();
        if (stop.aborted) stopped.push(stop.reason);
        stop.throwIfAborted();
      },
      2,
      controller.signal,
    );
    await expect(running).rejects.toBe("enough");
    expect(stopped).toContain("enough");
    await expect(runAll(numbers(1), tick, 1, controller.signal)).rejects.toBe("enough");
  });
});
