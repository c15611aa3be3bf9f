import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Range } from "../../lib/documents/document.js";
import { type ConllTag, readTag, taggedPassage } from "../../lib/documents/formats/conll/tags.js";
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
function spansOf(tags: readonly string[]) {
  const words = tags.map((tag) => ({ word: "x", tag: readTag(tag) as ConllTag }));
  return taggedPassage([words]).annotations.map(({ type, ranges: [range] }) => ({
    type: type || "Disease",
    ...(range as Range),
  }));
}

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

/** Spans from lines such as `Disease 0 5`. */
const spans = (...lines: string[]) =>
  lines.map((line) => {
    const [type = "", start, end] = line.split(" ");
    return { type, start: Number(start), end: Number(end) };
  });

describe("near misses", () => {
  it.each([
    ["other ends", ["Disease 0 5"], ["Disease 0 9"], 1, 0],
    ["another type", ["Disease 0 5"], ["Gene 0 5"], 0, 1],
    ["both", ["Disease 0 5"], ["Gene 3 9"], 0, 1],
    ["no overlap", ["Disease 0 5"], ["Disease 5 9"], 0, 0],
    ["one that covers two counts once", ["Disease 0 5", "Disease 6 9"], ["Disease 0 9"], 1, 0],
    ["the same type goes first", ["Gene 0 5", "Disease 6 9"], ["Disease 0 9"], 1, 0],
    ["what is correct is in no other pair", ["Disease 0 5", "Disease 3 9"], ["Disease 0 5"], 0, 0],
  ])("%s", (_, gold, found, boundary, type) => {
    const { boundaryErrors, typeErrors } = compare(spans(...gold), spans(...found));
    expect([boundaryErrors.length, typeErrors.length]).toEqual([boundary, type]);
  });

  it("are correct in relaxed scores if the type matches", () => {
    const board = new ScoreBoard(["Disease", "Gene"]);
    board.add(
      compare(spans("Disease 0 5", "Disease 10 12", "Gene 20 22"), spans("Disease 0 9", "Gene 10 12")),
    );
    expect(board.overall).toMatchObject({ support: 3, predicted: 2, correct: 0, f1: 0 });
    expect(board.overall).toMatchObject({ boundaryErrors: 1, typeErrors: 1 });
    expect(board.overall.relaxed).toMatchObject({ support: 3, predicted: 2, correct: 1, precision: 1 / 2 });
    expect(board.types["Disease"]?.relaxed.f1).toBeCloseTo(2 / 3, 14);
    expect(board.macro).toMatchObject({ precision: 0, recall: 0, f1: 0 });
  });

  it("partition what is not correct, whatever was found", () => {
    const span = fc
      .tuple(fc.constantFrom("A", "B"), fc.nat(20), fc.integer({ min: 1, max: 5 }))
      .map(([type, start, length]) => ({ type, start, end: start + length }));
    fc.assert(
      fc.property(fc.array(span), fc.array(span), (gold, found) => {
        const { correct, spurious, missed, boundaryErrors, typeErrors } = compare(gold, found);
        const near = [...boundaryErrors, ...typeErrors];
        expect(new Set(near).size).toBe(near.length);
        expect(near.every((each) => missed.includes(each))).toBe(true);
        expect(near.length).toBeLessThanOrEqual(spurious.length);
        const board = new ScoreBoard();
        board.add({ correct, spurious, missed, boundaryErrors, typeErrors });
        const { relaxed, f1 } = board.overall;
        expect(relaxed.f1).toBeGreaterThanOrEqual(f1);
        expect(relaxed.f1).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("the macro average", () => {
  it("is the mean over types", () => {
    const board = new ScoreBoard();
    board.add(compare(spans("A 0 1", "B 2 3", "B 4 5"), spans("A 0 1", "B 2 3")));
    expect(board.macro).toEqual({ precision: 1, recall: 3 / 4, f1: (1 + 2 / 3) / 2 });
    expect(board.overall.recall).toBe(2 / 3);
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
