import { describe, expect, test } from "@jest/globals";
import { runAll, type Source } from "../../lib/recognizer/pool.js";
import { onAbort } from "../../lib/signals.js";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

async function* numbers(count: number, taken: number[] = []) {
  for (let index = 0; index < count; index++) {
    await tick();
    taken.push(index);
    yield index;
  }
}

function pulled<Item>(items: AsyncGenerator<Item>): Source<Item> {
  return {
    async next() {
      const { value, done } = await items.next();
      return done ? undefined : value;
    },
  };
}

describe("runAll", () => {
  test("runs everything, at most so many at a time, asking for items only when there is a place", async () => {
    const taken: number[] = [];
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await runAll(
      () => pulled(numbers(20, taken)),
      async (item) => {
        most = Math.max(most, ++running);
        expect(taken.length - done.length).toBeLessThanOrEqual(3);
        await tick();
        await tick();
        running--;
        done.push(item);
      },
      3,
    );
    expect(done.sort((a, b) => a - b)).toEqual(taken);
    expect(done).toHaveLength(20);
    expect(most).toBe(3);
  });

  test("the first failure stops the others and is what is thrown, when all have ended", async () => {
    const failure = new Error("first");
    let ended = 0;
    const taken: number[] = [];
    const running = runAll(
      () => pulled(numbers(100, taken)),
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

  test("a failure of the source is thrown", async () => {
    async function* broken() {
      yield 1;
      throw new Error("source");
    }
    await expect(runAll(() => pulled(broken()), tick, 2)).rejects.toThrow("source");
  });

  test("a signal stops everything with its reason", async () => {
    const controller = new AbortController();
    const stopped: unknown[] = [];
    const running = runAll(
      () => pulled(numbers(100)),
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
    await expect(runAll(() => pulled(numbers(1)), tick, 1, controller.signal)).rejects.toBe("enough");
  });
});
