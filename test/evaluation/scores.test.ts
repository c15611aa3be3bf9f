import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { entitiesOf } from "../../lib/evaluation/conll.js";
import { compare, ScoreBoard, scoresOf } from "../../lib/evaluation/scores.js";

interface Case {
  readonly gold: string[][];
  readonly found: string[][];
  /** [type, first word, last word] */
  readonly entities: [string, number, number][][];
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

const cases: Case[] = JSON.parse(readFileSync(new URL("../fixtures/seqeval.json", import.meta.url), "utf8"));

/** Words have one letter: word w starts at 2 * w in the joined text. */
const wordsFor = (tags: readonly string[]) => tags.map(() => "x");
const spansOf = (tags: readonly string[]) => entitiesOf(tags, wordsFor(tags), "Disease");

describe("scores, compared with seqeval", () => {
  it("has fixtures", () => expect(cases.length).toBeGreaterThanOrEqual(50));

  it.each(cases.map((value, index) => [index, value] as const))(
    "finds the same entities in case %i",
    (_, value) => {
      for (const [index, tags] of value.gold.entries()) {
        const words = spansOf(tags).map(({ type, start, end }) => [type, start / 2, (end - 1) / 2]);
        expect(words).toEqual(value.entities[index]);
      }
    },
  );

  it.each(cases.map((value, index) => [index, value] as const))(
    "gives the same scores in case %i",
    (_, value) => {
      const board = new ScoreBoard();
      for (const [index, tags] of value.gold.entries()) {
        board.add(compare(spansOf(tags), spansOf(value.found[index] as string[])));
      }
      const { precision, recall, f1 } = board.overall;
      expect({ precision, recall }).toEqual({ precision: value.precision, recall: value.recall });
      expect(f1).toBeCloseTo(value.f1, 14);
    },
  );
});

describe("compare", () => {
  it("requires exact type and span, and counts repeated spans once", () => {
    const gold = [
      { type: "Disease", start: 0, end: 5 },
      { type: "Disease", start: 8, end: 12 },
    ];
    const found = [
      { type: "Disease", start: 0, end: 5 },
      { type: "Disease", start: 0, end: 5 },
      { type: "Chemical", start: 8, end: 12 },
    ];
    const { correct, spurious, missed } = compare(gold, found);
    expect(correct).toEqual([found[0]]);
    expect(spurious).toEqual([found[2]]);
    expect(missed).toEqual([gold[1]]);
  });
});

describe("scoresOf", () => {
  it("is 0, not NaN, without predictions or gold entities", () => {
    expect(scoresOf({ support: 0, predicted: 0, correct: 0 })).toMatchObject({
      precision: 0,
      recall: 0,
      f1: 0,
    });
    expect(scoresOf({ support: 3, predicted: 0, correct: 0 })).toMatchObject({
      precision: 0,
      recall: 0,
      f1: 0,
    });
  });
});
