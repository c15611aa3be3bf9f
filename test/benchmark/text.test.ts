import { expect, it } from "@jest/globals";
import { makeSentences } from "../../benchmark/text.js";
import { segment } from "../../lib/text/segment.js";

it("the benchmark's text is deterministic, and each piece is one sentence", () => {
  const sentences = makeSentences(200);
  expect(makeSentences(200)).toEqual(sentences);
  expect(new Set(sentences).size).toBeGreaterThan(190);
  for (const sentence of sentences) {
    const { sentences: bounds, bounds: words } = segment(sentence);
    expect({ sentence, bounds: Array.from(bounds) }).toEqual({ sentence, bounds: [0, words.length / 2] });
  }
});
