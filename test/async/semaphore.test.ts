import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Semaphore } from "../../lib/async/semaphore.js";

const never = new AbortController().signal;

/** Work that the test ends. */
function controlled() {
  let end: () => void = () => {};
  let started = false;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = () => {
    started = true;
    return ended;
  };
  return { work, end: () => end(), started: () => started };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe("Semaphore", () => {
  test("admits what fits and keeps the order of the rest", async () => {
    const semaphore = new Semaphore(10);
    const works = [6, 4, 5, 1].map((size) => ({ size, ...controlled() }));
    const all = works.map(({ size, work }) => semaphore.run(size, work, never));
    await settle();
    // The last one would fit, but others wait in front of it.
    expect(works.map(({ started }) => started())).toEqual([true, true, false, false]);
    works[0]?.end();
    await settle();
    expect(works.map(({ started }) => started())).toEqual([true, true, true, true]);
    for (const { end } of works) end();
    await Promise.all(all);
  });

  test("admits work larger than the capacity when nothing else runs", async () => {
    const semaphore = new Semaphore(10);
    const small = controlled();
    const large = controlled();
    const next = controlled();
    const all = [
      semaphore.run(1, small.work, never),
      semaphore.run(100, large.work, never),
      semaphore.run(1, next.work, never),
    ];
    await settle();
    expect([small, large, next].map(({ started }) => started())).toEqual([true, false, false]);
    small.end();
    await settle();
    expect([large, next].map(({ started }) => started())).toEqual([true, false]);
    large.end();
    next.end();
    await Promise.all(all);
  });

  test("frees the capacity after a failure", async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(1, () => Promise.reject(new Error("no")), never)).rejects.toThrow("no");
    expect(await semaphore.run(1, async () => "yes", never)).toBe("yes");
  });

  test("drops waiting work at once when it is aborted", async () => {
    const semaphore = new Semaphore(10);
    const inside = controlled();
    const first = semaphore.run(9, inside.work, never);
    const abort = new AbortController();
    const large = semaphore.run(5, controlled().work, abort.signal);
    const behind = controlled();
    const last = semaphore.run(1, behind.work, never);
    abort.abort(new Error("enough"));
    await expect(large).rejects.toThrow("enough");
    await settle();
    expect(behind.started()).toBe(true);
    await expect(semaphore.run(1, async () => {}, abort.signal)).rejects.toThrow("enough");
    inside.end();
    behind.end();
    await Promise.all([first, last]);
  });

  test("never exceeds its capacity, loses nothing and keeps the order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(
          fc.record({ size: fc.integer({ min: 1, max: 30 }), turns: fc.nat(5), aborted: fc.boolean() }),
        ),
        async (capacity, works) => {
          const semaphore = new Semaphore(capacity);
          const begun: number[] = [];
          let inside = 0;
          const all = works.map(async ({ size, turns, aborted }, index) => {
            const abort = new AbortController();
            const run = semaphore.run(
              size,
              async () => {
                begun.push(index);
                expect(inside === 0 || inside + size <= capacity).toBe(true);
                inside += size;
                for (let turn = 0; turn < turns; turn++) await Promise.resolve();
                inside -= size;
              },
              abort.signal,
            );
            if (aborted) abort.abort(new Error("aborted"));
            await run.catch((error: Error) => expect(error.message).toBe("aborted"));
          });
          await Promise.all(all);
          expect(begun).toEqual([...begun].sort((a, b) => a - b));
          for (const [index, { aborted }] of works.entries()) {
            if (!aborted) expect(begun).toContain(index);
          }
        },
      ),
    );
  });
});
