import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import { addRepeats } from "../../lib/decoding/consistency.js";
import type { Entity } from "../../lib/decoding/entities.js";
import { type SegmentedText, segment } from "../../lib/text/segment.js";
import { oddText } from "../support/odd-text.js";

/** The sentence of each word that starts at a place. */
function sentenceAt({ bounds, sentences }: SegmentedText, place: number): number {
  return sentences.filter((word) => (bounds[2 * word] ?? Number.POSITIVE_INFINITY) <= place).length - 1;
}

/** Entities where a text has `[type score? mention]`: `[D 0.8 asthma]`. */
function read(marked: string): { input: SegmentedText; perType: Map<string, Entity[]> } {
  let text = "";
  const marks: Omit<Entity, "sentence">[] = [];
  for (const part of marked.split(/(\[[^\]]*\])/)) {
    const [, type, score = "1", mention] = part.match(/^\[(\p{Lu}) (?:([\d.]+) )?(.*)\]$/u) ?? [];
    if (type !== undefined && mention !== undefined) {
      const start = text.length;
      marks.push({ type, text: mention, start, end: start + mention.length, score: Number(score) });
    }
    text += mention ?? part;
  }
  const input = segment(text);
  const perType = new Map<string, Entity[]>();
  for (const mark of marks) {
    const entity = { ...mark, sentence: sentenceAt(input, mark.start) };
    perType.set(mark.type, [...(perType.get(mark.type) ?? []), entity]);
  }
  return { input, perType };
}

/** The entities that are added, as `type text@start score`. */
function added(marked: string): string[] {
  const { input, perType } = read(marked);
  const given = [...perType.values()];
  return finish(addRepeats(input, given)).flatMap((entities, index) =>
    entities
      .filter((entity) => !given[index]?.includes(entity))
      .map(({ type, text, start, score }) => `${type} ${text}@${start} ${score}`),
  );
}

describe("a string that is an entity", () => {
  test("is found at its other occurrences, in order", () => {
    const { input, perType } = read("It was asthma. [D 0.95 Asthma] is common.");
    const [given = []] = perType.values();
    expect(finish(addRepeats(input, [[], given]))).toEqual([
      [],
      [{ type: "D", text: "asthma", start: 7, end: 13, score: 0.95, sentence: 0 }, ...given],
    ]);
  });

  test.each([
    ["with the highest of its scores", "[D 0.9 asthma], [D 0.95 asthma], asthma", ["D asthma@16 0.95"]],
    [
      "as often as it was passed over",
      "[D asthma], [D asthma], asthma, asthma",
      ["D asthma@16 1", "D asthma@24 1"],
    ],
    ["not if it was passed over more often", "[D asthma], asthma, asthma", []],
    ["not below a score of 0.9", "[D 0.89 asthma], asthma", []],
    ["as whole words", "[G TNF], TNFR, TNF-α, aTNF", ["G TNF@11 1"]],
    ["with any white space", "[C acetic acid], acetic  acid", ["C acetic  acid@13 1"]],
    ["as the longest", "[D cancer], [D lung cancer], lung cancer", ["D lung cancer@21 1"]],
    [
      "in any case if it is a longer name",
      "[D Parkinson's disease], parkinson's Disease",
      ["D parkinson's Disease@21 1"],
    ],
    ["in any case with its number", "[G Caspase-3], caspase-3", ["G caspase-3@11 1"]],
    ["as written if it is short", "[G cat], Cat, cat", ["G cat@10 1"]],
    ["as written if it is an abbreviation", "[G SHH], Shh, SHH", ["G SHH@10 1"]],
    ["as written if a capital is inside", "[G miRNAse], mirnase, miRNAse", ["G miRNAse@18 1"]],
    ["not as part of an entity of its type", "[D cancer], [D lung cancer]", []],
    ["as part of an entity of another type", "[C estrogen], [G estrogen receptor]", ["C estrogen@10 1"]],
    ["for each of its types", "[C CEA], [G CEA]", ["C CEA@5 1", "G CEA@0 1"]],
    ["not across sentences", "[D heart failure]. Heart. Failure was seen.", []],
    ["not in a list marker", "[G IV] and IV:\nIV. mouse\nV. rat\nVI. pig", ["G IV@7 1"]],
    ["not if it is one character", "[C K], K", []],
    ["not if it has no letter", "[C 10.5], 10.5", []],
    ["not if it is longer than 100 characters", `[C ${"ab ".repeat(34)}c], ${"ab ".repeat(34)}c`, []],
    ["not if it is part of a word", "[C iron][D itis], iron", []],
  ])("is found %s", (_how, marked, expected) => {
    expect(added(marked)).toEqual(expected);
  });
});

describe("an abbreviation", () => {
  test.each([
    [
      "of the type of its long form",
      "[D Renal failure] (RF): RF, RF, RF",
      ["D RF@15 1", "D RF@20 1", "D RF@24 1", "D RF@28 1"],
    ],
    ["whatever the score", "[D 0.5 Renal failure] (RF)", ["D RF@15 0.5"]],
    ["with the highest score", "[D 0.5 Renal failure] ([D 0.7 RF]), RF", ["D RF@20 0.7"]],
    ["in front of its long form", "RF, or RF ([D renal failure])", ["D RF@0 1", "D RF@7 1"]],
    ["as written", "[D Renal failure] (RF), rf, Rf", ["D RF@15 1"]],
    ["not if the entity is a part of the long form", "[D Renal] failure (RF)", []],
    ["not if the entity is more than the long form", "[D Acute renal failure] (RF)", []],
    ["not the long form", "Renal failure ([D RF])", []],
  ])("is found %s", (_how, marked, expected) => {
    expect(added(marked)).toEqual(expected);
  });
});

test("entities across sentences or within words are left as they are", () => {
  const input = segment("Heart. Failure of anti-p53mut cells, p53mut.");
  const given: Entity[] = [
    { type: "D", text: "Heart. Failure", start: 0, end: 14, score: 1, sentence: 0 },
    { type: "D", text: "p53", start: 23, end: 26, score: 1, sentence: 1 },
  ];
  expect(finish(addRepeats(input, [given]))).toEqual([given]);
});

test("text without words, and no types", () => {
  expect(finish(addRepeats(segment(""), [[], []]))).toEqual([[], []]);
  expect(finish(addRepeats(segment("asthma"), []))).toEqual([]);
});

const piece = fc.oneof(
  { weight: 1, arbitrary: oddText(2) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...[
        " ",
        ". ",
        "p53",
        "asthma",
        " Asthma ",
        "lung cancer",
        " cancer ",
        "IL-2",
        "(",
        ") ",
        " heat shock protein (HSP) ",
        " HSP ",
      ],
    ),
  },
);

/** A text with entities of whole words, whose number and length vary. */
const annotated = fc
  .record({
    text: fc.array(piece, { maxLength: 15 }).map((pieces) => pieces.join("").repeat(2)),
    lengths: fc.array(fc.integer({ min: -6, max: 3 }), { minLength: 60, maxLength: 60 }),
    scores: fc.array(fc.constantFrom(0.5, 0.9, 1), { minLength: 60, maxLength: 60 }),
  })
  .map(({ text, lengths, scores }) => {
    const input = segment(text);
    const { bounds, sentences } = input;
    const entities: Entity[] = [];
    let word = 0;
    for (const [index, length] of lengths.entries()) {
      const first = word;
      word += Math.abs(length);
      const [start, end] = [bounds[2 * first], bounds[2 * word - 1]];
      const sentence = sentences.filter((from) => from <= first).length - 1;
      if (length <= 0 || start === undefined || end === undefined) continue;
      if (word > (sentences[sentence + 1] ?? 0)) continue;
      entities.push({
        type: "D",
        text: text.slice(start, end),
        start,
        end,
        score: scores[index] ?? 1,
        sentence,
      });
    }
    return { input, entities };
  });

test("adds whole words of one sentence, with exact offsets, sorted and without overlaps", () => {
  let more = 0;
  fc.assert(
    fc.property(annotated, ({ input, entities }) => {
      const [all = []] = finish(addRepeats(input, [entities]));
      const starts = new Set(input.bounds.filter((_, index) => index % 2 === 0));
      const ends = new Set(input.bounds.filter((_, index) => index % 2 === 1));
      expect(all).toEqual(expect.arrayContaining([...entities]));
      let last = 0;
      for (const { type, text, start, end, score, sentence } of all) {
        expect(type).toBe("D");
        expect(text).toBe(input.text.slice(start, end));
        expect(start).toBeGreaterThanOrEqual(last);
        expect(end).toBeGreaterThan(start);
        expect(starts.has(start) && ends.has(end)).toBe(true);
        expect([sentenceAt(input, start), sentenceAt(input, end - 1)]).toEqual([sentence, sentence]);
        expect([0.5, 0.9, 1]).toContain(score);
        last = end;
      }
      more += all.length - entities.length;
    }),
    { numRuns: 1000 },
  );
  expect(more).toBeGreaterThan(100);
});

test.each([
  ["a name of many words", "a ".repeat(500_000), 49],
  ["a name in each sentence", "Asthma is common. ".repeat(60_000), 1],
])("reads %s in linear time", (_what, text, words) => {
  const input = segment(text);
  const end = input.bounds[2 * words - 1] as number;
  const given = [{ type: "D", text: text.slice(0, end), start: 0, end, score: 1, sentence: 0 }];
  const start = performance.now();
  finish(addRepeats(input, [given]));
  expect(performance.now() - start).toBeLessThan(10_000);
});
