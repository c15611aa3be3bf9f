import { describe, expect, test } from "@jest/globals";
import { Predictions, readLabels } from "../../lib/decoding/labels.js";

describe("readLabels", () => {
  test("accepts labels in any order", () => {
    expect(readLabels(["I", "O", "B"], "BIO")).toEqual(["I", "O", "B"]);
    expect(readLabels(["O", "I", "B", "E"], "BIOE")).toEqual(["O", "I", "B", "E"]);
  });

  test.each([
    [["O", "B"], "BIO"],
    [["O", "B", "I", "E"], "BIO"],
    [["O", "B", "B"], "BIO"],
    [["O", "B", "I"], "BIOE"],
    [["O", "B-Disease", "I-Disease"], "BIO"],
    [["O", "I"], "IO"],
    [["O", "B", "I"], "BILOU" as "BIO"],
  ] as const)("refuses %j for %s", (labels, tagging) => {
    expect(() => readLabels(labels, tagging)).toThrow(
      expect.objectContaining({ code: "ERR_VANER_MODEL_FORMAT" }),
    );
  });
});

describe("Predictions", () => {
  test("words start as O", () => {
    expect([...new Predictions(2, 1).labels]).toEqual([1, 1]);
  });

  test("picks the most probable label, the first one on a tie", () => {
    const predictions = new Predictions(2, 0);
    predictions.set(0, Float32Array.of(9, 9, 0.25, 0.5, 0.25), 2, 3);
    predictions.set(1, Float32Array.of(0.2, 0.4, 0.4), 0, 3);
    expect([...predictions.labels]).toEqual([1, 1]);
    expect([...predictions.probabilities]).toEqual([0.5, Math.fround(0.4)]);
  });

  test.each([
    [Number.NaN, 0.5, 0.5],
    [0.5, Number.NaN, 0.5],
    [0.5, -1, 0.5],
  ])("rejects values that are not probabilities: %d %d %d", (...values) => {
    expect(() => new Predictions(1, 0).set(0, Float32Array.from(values), 0, 3)).toThrow(
      expect.objectContaining({ code: "ERR_VANER_COMPUTE" }),
    );
  });
});
