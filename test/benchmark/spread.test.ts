import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { quantile, ratioOf, spreadOf } from "../../benchmark/spread.js";

describe("the spread of rounds", () => {
  it("is median, minimum and maximum", () => {
    expect(spreadOf([3, 1, 10])).toEqual({ median: 3, min: 1, max: 10, rounds: [3, 1, 10] });
    expect(spreadOf([4, 1, 2, 3]).median).toBe(2.5);
  });

  it("of ratios is computed round by round", () => {
    expect(ratioOf([10, 30], [5, 10])).toEqual({ median: 2.5, min: 2, max: 3, rounds: [2, 3] });
    expect(() => ratioOf([1], [1, 2])).toThrow(RangeError);
  });

  it("interpolate between the nearest values", () => {
    const hundred = Array.from({ length: 101 }, (_, index) => 100 - index);
    expect(quantile(hundred, 0.99)).toBeCloseTo(99, 9);
    expect(quantile([1, 2], 0.25)).toBe(1.25);
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });

  it("stays between minimum and maximum, and grows with the quantile", () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });
    const share = fc.double({ noNaN: true, min: 0, max: 1 });
    fc.assert(
      fc.property(values, share, share, (all, a, b) => {
        const [low, high] = [quantile(all, Math.min(a, b)), quantile(all, Math.max(a, b))];
        const slack = 1e-6;
        expect(low).toBeLessThanOrEqual(high + slack);
        expect(low).toBeGreaterThanOrEqual(Math.min(...all) - slack);
        expect(high).toBeLessThanOrEqual(Math.max(...all) + slack);
      }),
    );
  });
});
