import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import { cutWindows, tokensOf } from "../../lib/recognizer/windows.js";

/** Token offsets of words with these numbers of tokens. */
function offsetsOf(counts: readonly number[]): Uint32Array {
  const offsets = [0];
  for (const count of counts) offsets.push((offsets.at(-1) as number) + count);
  return Uint32Array.from(offsets);
}

const ones = (count: number) => Array.from({ length: count }, () => 1);

/**
 * The window from which VANER2's published code takes the label of each of `count` tokens, ported step
 * by step: it writes windows from the last to the first, each but the last without its outer end.
 */
function vaner2Owners(count: number, room: number): { starts: number[]; owners: number[] } {
  const step = Math.floor(room / 2);
  const starts = [0];
  for (let at = 0; at + room < count; at += step) starts.push(at + step);
  const outer = Math.floor((room - step) / 2);
  const owners = new Array<number>(count).fill(starts.length - 1);
  for (let window = starts.length - 2; window >= 0; window--) {
    const start = starts[window] as number;
    owners.fill(window, start, start + room - outer);
  }
  return { starts, owners };
}

describe("cutWindows", () => {
  test("a sentence that fits is one window", () => {
    expect(finish(cutWindows(offsetsOf([9, 1, 2, 3, 9]), 1, 4, 6))).toEqual([
      { first: 1, end: 4, owned: [1, 2, 3] },
    ]);
  });

  test("a longer one is cut into windows that overlap by half; each window owns its middle", () => {
    expect(finish(cutWindows(offsetsOf(ones(16)), 0, 16, 8))).toEqual([
      { first: 0, end: 8, owned: [0, 1, 2, 3, 4, 5] },
      { first: 4, end: 12, owned: [6, 7, 8, 9] },
      { first: 8, end: 16, owned: [10, 11, 12, 13, 14, 15] },
    ]);
  });

  test("a word without tokens costs nothing, is in a window and is owned by none", () => {
    expect(finish(cutWindows(offsetsOf([0, 2, 0, 2, 0]), 0, 5, 2))).toEqual([
      { first: 0, end: 3, owned: [1] },
      { first: 2, end: 5, owned: [3] },
    ]);
    expect(finish(cutWindows(offsetsOf([0, 2, 0]), 0, 3, 2))).toEqual([{ first: 0, end: 3, owned: [1] }]);
  });

  test("a word longer than a window gets a window of its own", () => {
    const windows = finish(cutWindows(offsetsOf([1, 50, 1]), 0, 3, 4));
    expect(windows.map(({ first, end }) => [first, end])).toContainEqual([1, 2]);
    expect(tokensOf(offsetsOf([1, 50, 1]), 1, 4)).toBe(4);
  });

  test("token windows, and the window that labels each token, equal VANER2's", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 2, max: 70 }), (count, room) => {
        const windows = finish(cutWindows(offsetsOf(ones(count)), 0, count, room));
        const { starts, owners } = vaner2Owners(count, room);
        expect(windows.map(({ first }) => first)).toEqual(starts);
        const found = new Array<number>(count);
        for (const [index, { owned }] of windows.entries()) for (const token of owned) found[token] = index;
        expect(found).toEqual(owners);
      }),
      { numRuns: 300 },
    );
  });

  test("windows fit and cover all words; each word belongs to the window with the farthest edges", () => {
    const counts = fc.array(
      fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.integer({ min: 0, max: 40 })),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 24 }), fc.nat(20), (words, room, skipped) => {
        const first = Math.min(skipped, words.length - 1);
        const end = words.length;
        const offsets = offsetsOf(words);
        const windows = finish(cutWindows(offsets, first, end, room));
        const size = (from: number, to: number) => {
          let sum = 0;
          for (let word = from; word < to; word++) sum += tokensOf(offsets, word, room);
          return sum;
        };
        const distance = (window: { first: number; end: number }, word: number) => {
          if (word < window.first || word >= window.end) return -1;
          const left = window.first === first ? Number.POSITIVE_INFINITY : size(window.first, word);
          const right = window.end === end ? Number.POSITIVE_INFINITY : size(word + 1, window.end);
          return Math.min(left, right);
        };
        for (const [index, window] of windows.entries()) {
          expect(size(window.first, window.end)).toBeLessThanOrEqual(room);
          const next = windows[index + 1];
          if (next) {
            expect(next.end).toBeGreaterThan(window.end);
            expect(next.first).toBeLessThanOrEqual(window.end);
            // Windows overlap by half, as far as word lengths allow.
            const longest = Math.max(...words.slice(first, end).map((count) => Math.min(count, room)));
            if (2 * longest <= room) {
              expect(size(next.first, window.end)).toBeGreaterThan(Math.floor(room / 2) - longest);
            }
          }
        }
        const owned = windows.flatMap((window) => window.owned);
        const all = Array.from({ length: end - first }, (_, word) => first + word);
        expect([...owned].sort((a, b) => a - b)).toEqual(all.filter((word) => words[word] !== 0));
        for (const word of all) expect(windows.some((window) => distance(window, word) >= 0)).toBe(true);
        for (const window of windows) {
          for (const word of window.owned) {
            expect(distance(window, word)).toBe(Math.max(...windows.map((other) => distance(other, word))));
          }
        }
        const total = size(first, end);
        const encoded = windows.reduce((sum, window) => sum + size(window.first, window.end), 0);
        expect(encoded).toBeLessThanOrEqual(4 * total + room);
      }),
      { numRuns: 2000 },
    );
  });
});
