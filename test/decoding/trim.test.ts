import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import { tokenEdges, trimStretch, wordEdges } from "../../lib/decoding/trim.js";

function trimmed(text: string, edges = wordEdges): string {
  const { start, end } = finish(trimStretch(`<${text}>`, { start: 1, end: text.length + 1 }, edges));
  return `<${text}>`.slice(start, end);
}

describe("trimStretch", () => {
  test.each([
    ["asthma", "asthma"],
    [" (asthma", "asthma"],
    ["asthma), ", "asthma"],
    ["(acute) asthma", "(acute) asthma"],
    ["asthma (acute)", "asthma (acute)"],
    ["asthma (acute", "asthma (acute"],
    ["[TNF-α]", "[TNF-α]"],
    [")(", ")("], // each bracket has its counterpart inside, as in the reference
    ["]asthma", "asthma"],
    ["asthma.)", "asthma"],
    ["{(asthma)", "(asthma)"],
    ["-IL-2-,.", "IL-2"],
    ["HER2/", "HER2"],
    ["/:ERK1/2;", "ERK1/2"],
    ["\r\n\u00a0asthma\t", "asthma"],
    ["\u200b(asth\u00adma\u200b.\u2060", "asth\u00adma"],
    ["asthma¹", "asthma"],
    ["(asthma¹,²)", "(asthma¹,²)"],
    ["asthma)¹,²).", "asthma"],
    ["¹⁴C", "¹⁴C"],
    ["Ca²⁺", "Ca²⁺"],
    ["²,³", "²"],
    [" .,- ", ""],
    ["(((", ""],
    ["", ""],
  ])("%j -> %j", (text, left) => {
    expect(trimmed(text)).toBe(left);
  });

  test("mentions of tokens keep the signs that VANER2's code keeps", () => {
    expect(trimmed("/HER2/, ", tokenEdges)).toBe("/HER2/");
  });

  test("the result needs no further trimming and loses nothing inside, for any text", () => {
    const chars = fc.constantFrom("a", "(", ")", "[", "]", "{", "}", " ", ".", "-", ",", ":", "/", "\n");
    const partner: Record<string, string> = { "(": ")", ")": "(", "[": "]", "]": "[", "{": "}", "}": "{" };
    const goes = (char: string, within: string) =>
      partner[char] === undefined ? /[\s,.:;/-]/.test(char) : !within.includes(partner[char] as string);
    fc.assert(
      fc.property(fc.string({ unit: chars, maxLength: 20 }), (text) => {
        let expected = text;
        while (expected !== "" && goes(expected[0] as string, expected)) expected = expected.slice(1);
        while (expected !== "" && goes(expected.at(-1) as string, expected)) expected = expected.slice(0, -1);
        expect(trimmed(text)).toBe(expected);
        if (expected !== "") {
          expect(goes(expected[0] as string, expected)).toBe(false);
          expect(goes(expected.at(-1) as string, expected)).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("trims a long run of brackets in linear time", () => {
    const length = 1_000_000;
    expect(trimmed("(".repeat(length))).toBe("");
    expect(trimmed(`${"(".repeat(length)})`)).toHaveLength(length + 1);
  });
});
