import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { cutPassages } from "../../lib/recognizer/passages.js";
import { workOf } from "../support/work.js";

/** Passages of sentences with these numbers of one-token words, as [first, ownFirst, ownEnd, end]. */
function passagesOf(lengths: readonly number[], most: number): number[][] {
  const sentences = [0];
  for (const length of lengths) sentences.push((sentences.at(-1) ?? 0) + length);
  const offsets = Uint32Array.from({ length: (sentences.at(-1) ?? 0) + 1 }, (_, unit) => unit);
  return [...cutPassages(offsets, sentences, most)].map(({ first, ownFirst, ownEnd, end }) => [
    first,
    ownFirst,
    ownEnd,
    end,
  ]);
}

describe("cutPassages", () => {
  test("reads a text that fits as one passage", () => {
    expect(passagesOf([10, 20, 30], 60)).toEqual([[0, 0, 60, 60]]);
  });

  test("cuts a longer text into equal parts with a sentence of context", () => {
    expect(passagesOf([30, 30, 30, 30, 30, 30], 128)).toEqual([
      [0, 0, 90, 120],
      [60, 90, 180, 180],
    ]);
  });

  test("takes context only as far as it fits", () => {
    expect(passagesOf([50, 10, 40], 60)).toEqual([
      [0, 0, 50, 60],
      [0, 50, 60, 60],
      [50, 60, 100, 100],
    ]);
  });

  test("gives a sentence that does not fit a passage of its own", () => {
    expect(passagesOf([5, 200, 5], 50)).toEqual([
      [0, 0, 5, 5],
      [5, 5, 205, 205],
      [205, 205, 210, 210],
    ]);
  });

  test("reads each sentence by itself if passages have no tokens", () => {
    expect(passagesOf([3, 4], 0)).toEqual([
      [0, 0, 3, 3],
      [3, 3, 7, 7],
    ]);
  });

  test("finds no passage in a text without sentences", () => {
    expect(passagesOf([], 50)).toEqual([]);
  });

  test("puts every sentence into exactly one part, and no more into a passage than fits", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 40 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 0, max: 120 }), (given, most) => {
        const passages = passagesOf(given, most);
        let at = 0;
        for (const [first = 0, ownFirst = 0, ownEnd = 0, end = 0] of passages) {
          expect(ownFirst).toBe(at);
          expect(first).toBeLessThanOrEqual(ownFirst);
          expect(end).toBeGreaterThanOrEqual(ownEnd);
          if (end - first > most) expect([first, end]).toEqual([ownFirst, ownEnd]);
          at = ownEnd;
        }
        expect(at).toBe(given.reduce((sum, length) => sum + length, 0));
      }),
    );
  });

  test("a long sentence before many sentences without tokens takes linear time", () => {
    const workFor = (count: number) => {
      const offsets = new Uint32Array(count + 2).fill(200 * count).fill(0, 0, 1);
      const sentences = Array.from(offsets.keys());
      return workOf(() => expect([...cutPassages(offsets, sentences, 100)]).not.toHaveLength(0));
    };
    workFor(1000);
    expect(workFor(8000)).toBeLessThan(12 * workFor(1000));
  });

  test("cuts a text of many sentences in linear time", () => {
    const passages = passagesOf(Array(100_000).fill(20), 352);
    expect(passages).toHaveLength(6945);
  });
});
