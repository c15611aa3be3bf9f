import { expect, test } from "@jest/globals";
import { averageTokens, surestToken } from "../../lib/decoding/aggregation.js";

// Two heads of three labels for each token: the values of the other head must not count.
const values = Float32Array.of(
  ...[0.5, 0.25, 0.25, 9, 9, 9],
  ...[0.125, 0.625, 0.25, 9, 9, 9],
  ...[0.25, 0.125, 0.625, 9, 9, 9],
);
const word = { values, at: 0, step: 6, tokens: 3, labels: 3 };

test("the average is over the tokens of the word", () => {
  const mean = new Float32Array(3);
  averageTokens(word, mean);
  expect([...mean]).toEqual([0.875 / 3, 1 / 3, 1.125 / 3].map(Math.fround));
  averageTokens({ ...word, at: 6, tokens: 1 }, mean);
  expect([...mean]).toEqual([0.125, 0.625, 0.25]);
});

test("of tokens that are as sure, the first counts", () => {
  expect(surestToken(word)).toBe(6);
  expect(surestToken({ ...word, at: 12, tokens: 1 })).toBe(12);
});

test("a value that is no probability is not passed over", () => {
  const damaged = values.slice();
  damaged[14] = Number.NaN;
  expect(surestToken({ ...word, values: damaged })).toBe(12);
  const mean = new Float32Array(3);
  averageTokens({ ...word, values: damaged }, mean);
  expect(mean[2]).toBeNaN();
});
