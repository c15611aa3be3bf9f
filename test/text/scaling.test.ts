import { describe, expect, test } from "@jest/globals";
import { viewOf } from "../support/model-view.js";
import { workOf } from "../support/work.js";

/** Texts that repeat something, and what may come before. */
const families: readonly (readonly [name: string, unit: string, before?: string])[] = [
  ["a letter", "a"],
  ["a letter beyond Latin-1", "α"],
  ["a letter of two code units", "𝒳"],
  ["a capital", "A"],
  ["a digit", "1"],
  ["a raised digit", "¹"],
  ["a mark", "\u0301", "e"],
  ["a high surrogate", "\ud83d"],
  ["a low surrogate", "\ude00"],
  ["a sign", "+"],
  ["a stop", "."],
  ["a space", " "],
  ["a line break", "\n"],
  ["a tab", "\t"],
  ["a zero width space", "\u200b"],
  ["letters with signs inside", "a\u200b"],
  ["an opening bracket", "("],
  ["a closing bracket", ")"],
  ["brackets in brackets", "( "],
  ["brackets that open and close", "(a "],
  ["brackets that close", "a) ", "( ".repeat(100)],
  ["brackets around brackets", "( (a) b) "],
  ["square brackets", "a.["],
  ["citations behind a long word", ",1", `${"disease".repeat(300)}.`],
  ["stops behind a long word", ".)", "disease".repeat(300)],
  ["short sentences", "A b. "],
  ["abbreviations", "e.g. "],
  ["initials", "J. "],
  ["stops between letters", "i.v."],
  ["definitions", "heart failure (HF) "],
  ["definitions behind a long word", "(AB) ", `a${"/x".repeat(300)} `],
  ["a long form without spaces", "a/b-(AB) "],
  ["short lines", "ab\n"],
  ["numbered items", "1. ab\n"],
  ["lettered items", "(a) ab\n"],
  ["bullets", "• ab\n"],
  ["headings", "RESULTS\n"],
  ["headings in Markdown", "# A b\n"],
  ["cells between tabs", "a\tb\n"],
  ["cells between bars", "|a|b|\n"],
  ["bars in a line", "| a "],
  ["cells between wide spaces", "ab   c\n"],
  ["wide spaces in a line", "a   "],
  ["lines that end with a colon", "ab:\n"],
  ["lines that go on", "ab of\n"],
  ["blank lines", "ab\n\n"],
  ["words between spaces", "ab "],
  ["words between many spaces", "ab                    "],
  ["words of a script without spaces", "日本 "],
  ["parts with hyphens", "a-"],
];

/** Labels of the words for two types, so that the types' entities overlap in one long chain. */
const labels: readonly (readonly [name: string, (word: number, type: number) => 0 | 1 | 2])[] = [
  ["few entities", (word) => (word % 7 === 0 ? 1 : 0)],
  ["entities in a chain", (word, type) => ((word + 2 * type) % 4 === 0 ? 1 : 2)],
  ["one long entity", (_word, type) => (type === 0 ? 2 : 1)],
];

const length = 1000;
/** Times the text is longer. */
const longer = 8;
/** Times the work may be more: tables and lists differ a little in what they are at the border. */
const most = 1.5 * longer;

describe.each(labels)("the work for %s grows with the text, not faster", (_name, label) => {
  test.each(families)("%s", (_what, unit, before = "") => {
    const workFor = (units: number) => {
      const text = before + unit.repeat(Math.ceil(units / unit.length));
      const options = { tokenLength: 4, room: 40, passageTokens: 40, label };
      return workOf(() => viewOf(text, options));
    };
    // The first call compiles and fills tables.
    workFor(length);
    expect(workFor(longer * length)).toBeLessThan(most * workFor(length));
  });
});
