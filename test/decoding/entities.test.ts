import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import { decodeEntities } from "../../lib/decoding/entities.js";
import { Predictions, type Tag } from "../../lib/decoding/labels.js";
import { segment } from "../../lib/text/segment.js";
import { oddText } from "../support/odd-text.js";
import { seqevalSpans } from "../support/seqeval.js";

const tags: readonly Tag[] = ["O", "B", "I", "E"];

/** Entities of `text` whose words have these tags. */
function decode(text: string, labels: string, score: (word: number) => number = () => 1) {
  const input = segment(text);
  const predictions = new Predictions(input.bounds.length / 2, 0);
  for (const [word, tag] of [...labels].entries()) {
    predictions.labels[word] = tags.indexOf(tag as Tag);
    predictions.probabilities[word] = score(word);
  }
  return finish(decodeEntities("Disease", input, predictions, tags));
}

describe("decodeEntities", () => {
  test.each([
    ["OOO", []],
    ["BIO", ["a b"]],
    ["BBB", ["a", "b", "c"]],
    ["OIO", ["b"]],
    ["IIO", ["a b"]],
    ["OBI", ["b c"]],
    ["BIE", ["a b c"]],
    ["BEI", ["a b", "c"]],
    ["EEE", ["a", "b", "c"]],
    ["OEO", ["b"]],
    ["BEB", ["a b", "c"]],
  ])("%s", (labels, texts) => {
    expect(decode("a b c", labels).map(({ text }) => text)).toEqual(texts);
  });

  test("an entity has type, offsets, sentence and the mean probability of its words", () => {
    expect(decode("Fine. Breast cancer hurts.", "OOBIOO", (word) => (word === 2 ? 1 : 0.5))).toEqual([
      { type: "Disease", text: "Breast cancer", start: 6, end: 19, score: 0.75, sentence: 1 },
    ]);
  });

  test("an entity does not cross the end of its sentence", () => {
    expect(decode("Has asthma. Cancer too.", "OBIIOO").map(({ text, sentence }) => [text, sentence])).toEqual(
      [
        ["asthma", 0],
        ["Cancer", 1],
      ],
    );
  });

  test.each([
    ["(asthma)", "OBO", ["asthma"]],
    ["(asthma)", "BII", ["(asthma)"]],
    ["(asthma and", "BIO", ["asthma"]],
    ["asthma), and", "BIIO", ["asthma"]],
    ["poly(ADP-ribose)", "BIIIII", ["poly(ADP-ribose)"]],
    ["poly(ADP-ribose", "BIIII", ["poly(ADP-ribose"]],
    ["-IL-2.", "BIIII", ["IL-2"]],
    ["5% + x", "OBBB", ["x"]],
    ["(\u200basth\u00adma\u200b.\u200b)", "IBII", ["asth\u00adma"]],
    ["asthma¹ asthma,²,³.", "BIBIIIII", ["asthma", "asthma"]],
    ["Ca²⁺ ¹⁴C", "BIIBI", ["Ca²⁺", "¹⁴C"]],
    [", .", "BI", []],
    ["] [", "BB", []],
    ["+/-", "BII", []],
    ["\u0301 \ud83d", "BB", []],
  ])("trims brackets and stops from the edges, and drops bare signs: %j %s", (text, labels, texts) => {
    expect(decode(text, labels).map((entity) => entity.text)).toEqual(texts);
  });

  test("the score is that of the words that are left", () => {
    const [entity] = decode("(asthma.", "BII", (word) => (word === 1 ? 0.5 : 1));
    expect(entity).toMatchObject({ start: 1, end: 7, score: 0.5 });
  });

  test("a list marker is no part of an entity", () => {
    const found = decode("1. TP53\n2. EGFR\n3. 4", "BIIOOBBOB");
    expect(found.map(({ text, sentence }) => [text, sentence])).toEqual([
      ["TP53", 0],
      ["EGFR", 1],
      ["4", 2],
    ]);
  });

  test("words of the caller stay whole", () => {
    const input = segment("take (asthma ). now", {
      words: ["take", "(asthma", ").", "now"],
      sentences: [0, 4],
    });
    const predictions = new Predictions(4, 0);
    predictions.labels.set([0, 1, 2, 0]);
    predictions.probabilities.fill(1);
    const [entity] = finish(decodeEntities("Disease", input, predictions, tags));
    expect(entity).toMatchObject({ text: "(asthma ).", start: 5, end: 15 });
  });

  test("an entity includes the text between its words unchanged", () => {
    expect(decode("a \r\n\u00a0 b", "BI")[0]?.text).toBe("a \r\n\u00a0 b");
  });

  test("follows seqeval's default mode for any labels", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...tags), { maxLength: 12 }), (labels) => {
        const text = labels.map((_, word) => `w${word}`).join(" ");
        const spans = decode(text, labels.join("")).map((entity) => {
          const words = entity.text.split(" ").map((word) => Number(word.slice(1)));
          return [words[0], words.at(-1)];
        });
        expect(spans).toEqual(seqevalSpans(labels));
      }),
      { numRuns: 2000 },
    );
  });

  test("offsets are exact for any text", () => {
    fc.assert(
      fc.property(oddText(), fc.infiniteStream(fc.constantFrom(...tags)), (text, labels) => {
        const input = segment(text);
        const given = input.bounds.length / 2;
        const entities = decode(text, [...labels.take(given)].join(""), () => 0.99999994);
        let last = 0;
        for (const { start, end, text: mention, score, sentence } of entities) {
          expect(input.bounds.filter((_, index) => index % 2 === 0)).toContain(start);
          expect(input.bounds.filter((_, index) => index % 2 === 1)).toContain(end);
          expect(mention).toBe(text.slice(start, end));
          expect(mention).toMatch(/^\S/u);
          expect(mention).not.toMatch(/\s$/u);
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(sentence).toBeLessThan(input.sentences.length - 1);
          last = end;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
