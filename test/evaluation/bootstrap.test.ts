import { describe, expect, it } from "@jest/globals";
import { bootstrapSettings, differencesOf, intervalsOf, TextCounts } from "../../lib/evaluation/bootstrap.js";
import { compare } from "../../lib/evaluation/scores.js";

const span = { type: "Disease", start: 0, end: 5 };

/** Counts of texts with one entity each, of which a share is found. */
function counts(texts: number, isFound: (text: number) => boolean, types = ["Disease"]): TextCounts {
  const result = new TextCounts(types);
  for (let text = 0; text < texts; text++) result.add(compare([span], isFound(text) ? [span] : []));
  return result;
}

describe("intervals", () => {
  it("are as wide as the binomial distribution says", () => {
    const { micro, macro, types } = intervalsOf(counts(400, (text) => text % 5 > 0));
    const [low, high] = micro.recall;
    const error = 1.96 * Math.sqrt((0.8 * 0.2) / 400);
    expect(low).toBeGreaterThan(0.8 - 1.15 * error);
    expect(low).toBeLessThan(0.8 - 0.85 * error);
    expect(high).toBeGreaterThan(0.8 + 0.85 * error);
    expect(high).toBeLessThan(0.8 + 1.15 * error);
    expect(micro.precision).toEqual([1, 1]);
    expect(macro).toEqual(micro);
    expect(types["Disease"]).toEqual(micro);
  });

  it("are the same every time", () => {
    const make = () => intervalsOf(counts(50, (text) => text % 3 > 0));
    expect(make()).toEqual(make());
    expect(bootstrapSettings).toEqual({ resamples: 1000, seed: 1, level: 0.95 });
  });

  it("tell types apart", () => {
    const { macro, types } = intervalsOf(counts(20, () => true, ["Gene", "Disease"]));
    expect(types["Gene"]?.f1).toEqual([0, 0]);
    expect(types["Disease"]?.f1).toEqual([1, 1]);
    expect(macro.f1).toEqual([0.5, 0.5]);
  });

  it("are 0 without texts", () => expect(intervalsOf(counts(0, () => true)).micro.f1).toEqual([0, 0]));
});

describe("differences", () => {
  it("are none between equal models", () => {
    const own = counts(50, (text) => text % 3 > 0);
    expect(differencesOf(own, own).micro).toEqual({ f1: 0, interval: [0, 0], p: 1 });
  });

  it("are clear where one model finds all that the other does, and more", () => {
    const { micro } = differencesOf(
      counts(200, (text) => text % 5 > 0),
      counts(200, (text) => text % 5 > 1),
    );
    expect(micro.f1).toBeCloseTo(0.8889 - 0.75, 3);
    expect(micro.interval[0]).toBeGreaterThan(0.05);
    expect(micro.p).toBeCloseTo(2 / 1001, 10);
  });

  it("have the sign of the better model, and are unclear where both fail as often", () => {
    const [a, b] = [counts(200, (text) => text % 5 > 0), counts(200, (text) => text % 5 !== 2)];
    const { micro } = differencesOf(a, b);
    expect(micro.f1).toBe(0);
    expect(micro.p).toBeGreaterThan(0.5);
    const worse = differencesOf(
      counts(200, (text) => text % 2 > 0),
      a,
    );
    expect(worse.micro.f1).toBeLessThan(0);
    expect(worse.micro.interval[1]).toBeLessThan(0);
  });
});
