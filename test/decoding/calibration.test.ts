import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { calibrated, calibrationOf, uncalibrated } from "../../lib/decoding/calibration.js";

const logOdds = (p: number) => Math.log(p / (1 - p));
const inner = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
const line = fc.record({
  slope: fc.double({ min: 0.1, max: 5, noNaN: true }),
  offset: fc.double({ min: -3, max: 3, noNaN: true }),
});

describe("a calibrated score", () => {
  test("has log odds on a line", () => {
    const unsure = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    const property = fc.property(unsure, line, (p, calibration) => {
      const { slope, offset } = calibration;
      expect(logOdds(calibrated(p, calibration))).toBeCloseTo(slope * logOdds(p) + offset, 3);
    });
    fc.assert(property);
  });

  test("is between 0 and 1, and higher for what is more probable", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const property = fc.property(unit, unit, line, (first, second, calibration) => {
      const [low, high] = [Math.min(first, second), Math.max(first, second)];
      const [lower, higher] = [calibrated(low, calibration), calibrated(high, calibration)];
      expect(lower).toBeGreaterThanOrEqual(0);
      expect(higher).toBeLessThanOrEqual(1);
      expect(lower).toBeLessThanOrEqual(higher);
    });
    fc.assert(property);
    expect([0, 1].map((end) => calibrated(end, { slope: 2, offset: -1 }))).toEqual([0, 1]);
  });

  test("is the probability itself where the file says nothing", () => {
    const none = { scoreSlopes: new Float32Array(), scoreOffsets: new Float32Array() };
    expect(calibrationOf(0, none)).toBe(uncalibrated);
    fc.assert(fc.property(inner, (p) => expect(calibrated(p, uncalibrated)).toBe(p)));
  });

  test("is each head's own", () => {
    const file = { scoreSlopes: Float32Array.of(1, 2), scoreOffsets: Float32Array.of(0, -0.5) };
    expect(calibrationOf(1, file)).toEqual({ slope: 2, offset: -0.5 });
  });
});
