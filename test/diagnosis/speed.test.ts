import { expect, test } from "@jest/globals";
import { quantile } from "../../lib/diagnosis/speed.js";

test("quantiles are of the nearest rank", () => {
  const numbers = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(quantile(numbers, 0.5)).toBe(50);
  expect(quantile(numbers, 0.99)).toBe(99);
  expect(quantile([7], 0.5)).toBe(7);
  expect(quantile([7, 8], 0.99)).toBe(8);
});
