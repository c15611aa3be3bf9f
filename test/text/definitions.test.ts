import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import { findDefinitions } from "../../lib/text/definitions.js";
import { segment, textOf } from "../../lib/text/segment.js";
import { strew, strewing } from "../support/invisible.js";
import { oddText } from "../support/odd-text.js";

/** Short and long forms of a text, or of a sentence's words. */
function definitionsIn(text: string, words?: readonly string[]): [string, string][] {
  const input = segment(text, words && { words, sentences: [0, words.length] });
  return finish(findDefinitions(input)).map(({ short, long }) => [textOf(input, short), textOf(input, long)]);
}

describe("findDefinitions", () => {
  test.each([
    // Examples of the paper.
    ["The heat shock transcription factor (HSF) binds.", "HSF", "heat shock transcription factor"],
    ["A Gcn5-related N-acetyltransferase (GNAT) was seen.", "GNAT", "Gcn5-related N-acetyltransferase"],
    ["HSF (heat shock transcription factor) binds.", "HSF", "heat shock transcription factor"],
    ["The cyclophilin seven suppressor (CNS1) is known.", undefined, undefined],
    // The shortest long form counts, even where a longer one is meant.
    ["Thyroid transcription factor 1 (TTF-1) rose.", "TTF-1", "transcription factor 1"],
    ["All patients had acute lymphoblastic leukemia (ALL).", "ALL", "acute lymphoblastic leukemia"],
    ["Hypokalaemic periodic paralysis (HypoPP) was seen.", "HypoPP", "Hypokalaemic periodic paralysis"],
    ["Rats got nimodipine (NIMO) daily.", "NIMO", "nimodipine"],
    // White space, not a hyphen, starts a long form.
    ["Mice with non-Hodgkin lymphoma (HL) died.", "HL", "non-Hodgkin lymphoma"],
    ["Patients with Parkinson's disease (PD; n = 12) died.", "PD", "Parkinson's disease"],
    ["Soft tissue sarcoma (STS, the most frequent) was seen.", "STS", "Soft tissue sarcoma"],
    ["Cleft lip/palate (CL/P) was seen.", "CL/P", "Cleft lip/palate"],
    ["Superoxide dismutase 1 (SOD 1) fell.", "SOD 1", "Superoxide dismutase 1"],
    ["Thiazide-sensitive Na(+) cotransporter (TSC) fell.", "TSC", "Thiazide-sensitive Na(+) cotransporter"],
    ["Poly (ADP-ribose) polymerase (PARP) was cut.", "PARP", "Poly (ADP-ribose) polymerase"],
    ["MCAO (middle cerebral artery occlusion, 2 h) was done.", "MCAO", "middle cerebral artery occlusion"],
  ])("%s", (text, short, long) => {
    expect(definitionsIn(text)).toEqual(short === undefined ? [] : [[short, long]]);
  });

  test.each([
    ["a short form of one character", "They had a disease (D)."],
    ["a short form of eleven characters", "They took abcdefghijklm (ABCDEFGHIJK)."],
    ["numbers", "They were forty-two (42)."],
    ["a sign in front", "The heat shock protein (-HSP)."],
    ["brackets inside a word", "The oxygen hydrogen(OH)."],
    ["brackets without their other half", "The heat shock protein (HSP and) (HSP"],
    ["empty brackets", "The heat shock protein () ( )."],
    ["the first letter inside a word", "The ghost protein (HP)."],
    ["a long form that holds the short form", "The levels of HSP protein HSP (HSP)."],
    ["more than twice as many words", "It is a very x y z long b (AB)."],
    ["a remark in lower case", "We saw it here (it was seen in the tissue)."],
    ["two sentences", "It was a heat. Shock proteins (HSP) rose."],
    ["brackets at the start", "(HSP) rose."],
  ])("finds nothing in %s", (_what, text) => {
    expect(definitionsIn(text)).toEqual([]);
  });

  test("finds several, in sentences of their own", () => {
    expect(
      definitionsIn("Renal failure (RF) and heart failure (HF). Saline (S) and cisplatin (CDDP, CP)."),
    ).toEqual([
      ["RF", "Renal failure"],
      ["HF", "heart failure"],
    ]);
  });

  test("reads the words of a sentence that is already split", () => {
    const words = ["The", "heat", "shock", "protein", "(", "HSP", ")", "rose", "."];
    expect(definitionsIn(words.join(" "), words)).toEqual([["HSP", "heat shock protein"]]);
    const unsplit = ["a", "non-Hodgkin", "lymphoma", "(", "HL", ")"];
    expect(definitionsIn(unsplit.join(" "), unsplit)).toEqual([["HL", "non-Hodgkin lymphoma"]]);
  });

  test("does not see signs that a reader does not see", () => {
    const visible = "The heat shock protein (HSP) rose. Renal failure (RF) was seen.";
    const expected = finish(findDefinitions(segment(visible)));
    expect(expected).toHaveLength(2);
    fc.assert(
      fc.property(strewing(visible.length), (signs) => {
        expect(finish(findDefinitions(segment(strew(visible, signs).text)))).toEqual(expected);
      }),
    );
  });

  test("both forms are in one sentence, apart, and the short one occurs in the long one", () => {
    const part = fc.oneof(
      oddText(3),
      fc.constantFrom(
        " (",
        ") ",
        " heat shock protein ",
        "HSP",
        " (HSP) ",
        ", ",
        "p53",
        " tumour protein 53 ",
      ),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const input = segment(parts.join(""));
        for (const { short, long } of finish(findDefinitions(input))) {
          expect(short.first < short.end && long.first < long.end).toBe(true);
          expect(short.end <= long.first || long.end <= short.first).toBe(true);
          const sentenceOf = (word: number) => input.sentences.filter((first) => first <= word).length;
          expect(sentenceOf(Math.max(short.end, long.end) - 1)).toBe(
            sentenceOf(Math.min(short.first, long.first)),
          );
          let rest = textOf(input.read, long).toLowerCase();
          for (const char of textOf(input.read, short)
            .toLowerCase()
            .match(/[\p{L}\p{N}]/gu) ?? []) {
            expect(rest).toContain(char);
            rest = rest.slice(rest.indexOf(char) + char.length);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["open brackets", "a ( ".repeat(200_000)],
    ["nested brackets", `${"a ( ".repeat(100_000)}${") b ".repeat(100_000)}`],
    ["definitions", "heat shock protein (HSP) ".repeat(40_000)],
    ["one long word in front of many brackets", `${"a".repeat(500_000)} ${"(AB) ".repeat(50_000)}`],
    ["one long chunk in front of many brackets", `${"a/".repeat(200_000)} ${"(AB) ".repeat(50_000)}`],
  ])("reads %s in linear time", (_what, text) => {
    const words = [...text.matchAll(/\p{L}+|\S/gu)].map(([word]) => word);
    const start = performance.now();
    definitionsIn(text);
    definitionsIn(words.join(" "), words);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
