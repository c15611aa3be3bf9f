import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { segment } from "../../lib/text/segment.js";
import { strew, strewing, withoutSigns } from "../support/invisible.js";
import { oddText } from "../support/odd-text.js";

function wordsOf(text: string): string[] {
  const { bounds } = segment(text);
  return Array.from({ length: bounds.length / 2 }, (_, word) =>
    text.slice(bounds[2 * word], bounds[2 * word + 1]),
  );
}

describe("signs that a reader does not see", () => {
  test.each([
    ["Hepato\u00adcellular cancer", ["Hepato\u00adcellular", "cancer"]],
    ["IL\u2060-\u20602", ["IL", "-", "2"]],
    ["\ufeffasthma\u200b \u200basthma\u200c.", ["asthma", "asthma", "."]],
    ["a\u200b\u200d\u00adb", ["a\u200b\u200d\u00adb"]],
    ["a \u200b b", ["a", "b"]],
    ["👩\u200d⚕", ["👩", "⚕"]],
    ["\u200b\ufeff", []],
    ["asp\u200eirin \u2066EGFR\u2069\u200f.", ["asp\u200eirin", "EGFR", "."]],
    ["hepa\u00ad\ntitis hepa\u00ad\r\ntitis", ["hepa\u00ad\ntitis", "hepa\u00ad\r\ntitis"]],
    ["hepa\u00ad\n\ntitis", ["hepa", "titis"]],
    ["hepa\u00ad\n titis\u00ad\nTP53", ["hepa", "titis", "TP53"]],
  ])("belong to the word around them: %j", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test("are not in the words that the model reads", () => {
    const { read } = segment("Hepato\u00adcellular cancer");
    expect(read).toEqual({ text: "Hepatocellular cancer", bounds: Uint32Array.of(0, 14, 15, 21) });
  });

  test("a soft hyphen joins the lines of a word, but not if every line is a sentence", () => {
    const read = (lines?: boolean) => segment("hepa\u00ad\r\ntitis B\nasthma", undefined, lines).read.text;
    expect(read()).toBe("hepatitis B\nasthma");
    expect(read(false)).toBe("hepatitis B\nasthma");
    expect(read(true)).toBe("hepa\r\ntitis B\nasthma");
  });

  test("are found wherever a long text is parted", () => {
    for (let length = 2 ** 14 - 6; length < 2 ** 14 + 3; length++) {
      const word = "a".repeat(length);
      const sentence = `${word}\u00ad\r\nb\u200bc `;
      expect(segment(sentence.repeat(3)).read.text).toBe(`${word}bc `.repeat(3));
    }
  });

  test("a text without them is read as it is", () => {
    const { bounds, read } = segment("Breast cancer");
    expect(read.bounds).toBe(bounds);
    expect(read.text).toBe("Breast cancer");
  });

  test("stay in the words of a caller", () => {
    const { read, bounds } = segment("a\u00adb \u200b", { words: ["a\u00adb", "\u200b"], sentences: [0, 2] });
    expect(read).toEqual({ text: "a\u00adb \u200b", bounds });
    expect([...bounds]).toEqual([0, 3, 4, 5]);
  });

  test("change neither words nor sentences, and offsets are exact, for any text", () => {
    const strewn = oddText(30)
      .map(withoutSigns)
      .chain((visible) => strewing(visible.length).map((signs) => ({ visible, ...strew(visible, signs) })));
    fc.assert(
      fc.property(strewn, ({ visible, text, places }) => {
        const plain = segment(visible);
        const found = segment(text);
        expect(found.sentences).toEqual(plain.sentences);
        expect(found.read).toEqual(plain.read);
        const expected = plain.bounds.map((bound, index) =>
          index % 2 === 0 ? (places[bound] as number) : (places[bound - 1] as number) + 1,
        );
        expect(found.bounds).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test("are read in linear time", () => {
    const run = "\u200b".repeat(1_000_000);
    expect(wordsOf(`${run}a${run}b${run}`)).toEqual([`a${run}b`]);
  });
});
