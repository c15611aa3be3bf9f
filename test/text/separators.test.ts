import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import { segment } from "../../lib/text/segment.js";
import { withSeparators } from "../../lib/text/separators.js";
import { oddText } from "../support/odd-text.js";

/** The words that a model reads, with `/` between sentences. */
function read(text: string, lines?: boolean): string {
  const { read, sentences } = finish(withSeparators(segment(text, undefined, lines)));
  const word = (at: number) => read.text.slice(read.bounds[2 * at], read.bounds[2 * at + 1]);
  return sentences
    .slice(1)
    .map((end, index) =>
      Array.from({ length: end - (sentences[index] ?? 0) }, (_, at) => word((sentences[index] ?? 0) + at)),
    )
    .map((words) => words.join(" "))
    .join(" / ");
}

describe("what a model reads of lines", () => {
  test.each([
    ["names one a line", "aspirin\nbreast cancer\nTP53", "aspirin ; / breast cancer ; / TP53"],
    ["items, without their markers", "1. TP53\n2. EGFR", "TP53 ; / EGFR"],
    ["items with bullets", "• IL-2\n• Ca2+\n• it (a)\n• CD4", "IL - 2 ; / Ca2 + ; / it ( a ) ; / CD4"],
    ["lines with signs at their ends", "- TP53;\n- EGFR.\n- KRAS", "TP53 ; / EGFR . / KRAS"],
    ["cells", "Gene\tDrug\nEGFR\tgefitinib", "Gene ; / Drug ; / EGFR ; / gefitinib"],
    [
      "cells between bars",
      "| Gene | Drug |\n| EGFR | gefitinib |",
      "| Gene | / Drug | / | EGFR | / gefitinib |",
    ],
    ["paragraphs", "Asthma\n\nIt is common.", "Asthma ; / It is common ."],
    ["invisible signs", "as\u00adpirin\u200b\nTP\u200b53", "aspirin ; / TP53"],
    [
      "long lines",
      `${"a".repeat(65)}\n\n${"b".repeat(64)}\n\nc`,
      `${"a".repeat(65)} / ${"b".repeat(64)} ; / c`,
    ],
    ["wrapped prose", "Patients with breast\ncancer were seen", "Patients with breast cancer were seen"],
  ])("%s", (_what, text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test("with the option `lines`", () => {
    expect(read("Asthma\nis common.\nIt is", true)).toBe("Asthma ; / is common . / It is");
    expect(read("aspirin\n- TP53", false)).toBe("aspirin - TP53");
  });

  test("words keep their places, and separators have none", () => {
    const { bounds, text } = finish(withSeparators(segment("1. TP53\n2. EG\u00adFR")));
    expect(text).toBe("1. TP53\n2. EG\u00adFR");
    expect([...bounds]).toEqual([3, 7, 7, 7, 11, 16]);
  });

  test("for any text nothing else changes", () => {
    fc.assert(
      fc.property(oddText(30), fc.constantFrom(undefined, true, false), (text, lines) => {
        const segmented = segment(text, undefined, lines);
        const found = finish(withSeparators(segmented));
        if (!segmented.cuts) expect(found).toBe(segmented);
        expect(found.sentences).toHaveLength(segmented.sentences.length);
        expect(found.sentences.at(-1)).toBe(found.bounds.length / 2);
        const words = ({ bounds, read }: typeof found, left: (word: number) => boolean) =>
          Array.from({ length: bounds.length / 2 }, (_, word) => word)
            .filter(left)
            .map((word) => [
              ...bounds.slice(2 * word, 2 * word + 2),
              read.text.slice(read.bounds[2 * word], read.bounds[2 * word + 1]),
            ]);
        expect(words(found, (word) => found.bounds[2 * word] !== found.bounds[2 * word + 1])).toEqual(
          words(segmented, (word) => segmented.markers?.[word] !== 1),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
