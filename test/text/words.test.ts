import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import { findWords } from "../../lib/text/words.js";
import { oddText } from "../support/odd-text.js";
import { wordPattern } from "../support/word-pattern.js";

function wordsOf(text: string): string[] {
  const bounds = finish(findWords(text));
  return Array.from({ length: bounds.length / 2 }, (_, word) =>
    text.slice(bounds[2 * word], bounds[2 * word + 1]),
  );
}

describe("findWords", () => {
  test.each([
    ["", []],
    [" \t\r\n\u00a0\ufeff", []],
    ["Breast cancer.", ["Breast", "cancer", "."]],
    ["TNF-α (0.5%)", ["TNF", "-", "α", "(", "0", ".", "5", "%", ")"]],
    ["e\u0301tude", ["e\u0301tude"]],
    ["H₂O 10⁻⁶ ½", ["H₂O", "10", "⁻", "⁶", "½"]],
    ["asthma¹ asthma¹²,³", ["asthma", "¹", "asthma", "¹²", ",", "³"]],
    ["p53¹ Ca²⁺ 5cm²", ["p53", "¹", "Ca", "²", "⁺", "5cm", "²"]],
    ["e\u0301⁴x", ["e\u0301", "⁴x"]],
    ["10⁶ ¹²³I-MIBG 6¹", ["10⁶", "¹²³I", "-", "MIBG", "6¹"]],
    ["𝒳y 😀😀", ["𝒳y", "😀", "😀"]],
    ["👩🏽‍⚕️", ["👩", "🏽", "\u200d", "⚕", "\ufe0f"]],
    ["a\u200bb", ["a", "\u200b", "b"]],
    ["a\ud83db", ["a", "\ud83d", "b"]],
    ["\ude00\ud83d", ["\ude00", "\ud83d"]],
    ["\ud835 \ud835\udc00x", ["\ud835", "\ud835\udc00x"]],
    ["日本語 हृदय", ["日本語", "हृदय"]],
  ])("%j", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test("agrees with the defining pattern for any text", () => {
    fc.assert(
      fc.property(oddText(), (text) => {
        const expected = [...text.matchAll(wordPattern)].flatMap(({ 0: word, index }) => [
          index,
          index + word.length,
        ]);
        expect([...finish(findWords(text))]).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("handles runs that are too long for a regular expression", () => {
    const length = 8_000_000;
    expect([...finish(findWords("α".repeat(length)))]).toEqual([0, length]);
  });

  test("handles text that consists of symbols only", () => {
    expect(finish(findWords("+".repeat(10_000)))).toHaveLength(20_000);
  });
});
