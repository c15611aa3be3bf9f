import { describe, expect, test } from "@jest/globals";
import { Stop } from "../../lib/async/signals.js";
import { betweenTurns, finish, inTurns, type Steps, sorted, stride } from "../../lib/async/steps.js";

/** Works until the clock says that a turn is over. */
function wait(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

function* counting(steps: number, done: number[], milliseconds = 3): Steps<string> {
  for (let step = 0; step < steps; step++) {
    wait(milliseconds);
    done.push(step);
    yield;
  }
  return "done";
}

describe("inTurns", () => {
  test("gives the result at once where work never pauses, however long it takes", () => {
    const work = () => {
      wait(20);
      return counting(0, []);
    };
    expect(inTurns(work(), new Stop())).toBe("done");
    expect(inTurns(work(), new Stop())).toBe("done");
  });

  test("lets the event loop run between the turns", async () => {
    const done: number[] = [];
    const rounds: number[] = [];
    const running = inTurns(counting(40, done), new Stop());
    let ended = false;
    const watch = () => {
      rounds.push(done.length);
      if (!ended) setImmediate(watch);
    };
    setImmediate(watch);
    expect(await running).toBe("done");
    ended = true;
    expect(new Set(rounds).size).toBeGreaterThan(3);
    expect(done).toHaveLength(40);
  });

  test("gives all callers their turn", async () => {
    const first: number[] = [];
    const second: number[] = [];
    const long = inTurns(counting(60, first), new Stop());
    const short = inTurns(counting(2, second), new Stop());
    expect(await short).toBe("done");
    expect(first.length).toBeLessThan(60);
    expect(await long).toBe("done");
  });

  test("ends with the signal's reason", async () => {
    const stop = new Stop();
    const done: number[] = [];
    const running = inTurns(counting(1000, done), stop);
    const reason = new Error("enough");
    setImmediate(() => stop.abort(reason));
    await expect(running).rejects.toBe(reason);
    expect(done.length).toBeLessThan(1000);
  });

  test("throws what the work throws, at once or later", async () => {
    const failing = function* (steps: number): Steps<never> {
      yield* counting(steps, []);
      throw new Error("broken");
    };
    expect(() => inTurns(failing(0), new Stop())).toThrow("broken");
    await expect((async () => inTurns(failing(20), new Stop()))()).rejects.toThrow("broken");
  });
});

test("betweenTurns waits only where a turn is over", async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(betweenTurns()).toBeUndefined();
  const running = inTurns(counting(2, [], 10), new Stop());
  const turn = betweenTurns();
  expect(turn).toBeDefined();
  await turn;
  await running;
});

test.each([0, 1, stride, 3 * stride + 5])("sorted sorts %i items, in a stable way", (length) => {
  const items = Array.from({ length }, (_, at) => ({ key: (at * 7919) % 101, at }));
  const byKey = (a: { key: number }, b: { key: number }) => a.key - b.key;
  const places = (list: typeof items) => list.map(({ at }) => at).join();
  expect(places(finish(sorted(items, byKey)))).toBe(places([...items].sort(byKey)));
});
