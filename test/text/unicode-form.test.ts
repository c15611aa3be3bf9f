import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import { UnicodeComposer } from "../../lib/text/unicode-form.js";

const composers = { NFC: new UnicodeComposer("NFC"), NFKC: new UnicodeComposer("NFKC") };
const forms = ["NFC", "NFKC"] as const;

/** Letters, marks of many classes, parts of syllables, and characters with several spellings. */
const characters = fc.constantFrom(
  ..."aeocnd=<>Ωक한",
  ..."éṩǭÅ≠ớͅ",
  ..."\u0301\u0308\u0323\u0327\u0338\u0345\u0334\u031b\u0316\u0344\u05b0\u093c\u0bbe\u0bd7\u0dca\u0dcf\u3099\u302a",
  ..."\u1100\u1161\u11a8\uac00\u0958\u0340\u0374\u037e\u1fef\u2126\u212a\u2adc\u0f73\u0f71\u0f72\ufb1d\uf900",
  ..."\u00a8\u00b4\ufb01\u2460\uff76\uff9e\uff9f\u3131\uffc2\u1fc1\u309b\u00bd\u1d15e\u{1d15e}\u{1d160}\u{110ba}\u{11131}\u{11127}",
  ..."\u{1f600}\ud800\udc00\u200d \n",
);
const oddText = fc.oneof(
  fc.string({ unit: characters, maxLength: 24 }),
  fc.string({ unit: characters, minLength: 40, maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 12 }),
);

describe.each(forms)("%s", (form) => {
  test("is that of the standard, and places ascend", () => {
    fc.assert(
      fc.property(oddText, (text) => {
        const composed = finish(composers[form].compose(text));
        expect(composed?.text ?? text).toBe(text.normalize(form));
        if (!composed) return;
        expect(composed.places).toHaveLength(2 * composed.text.length);
        let last = 0;
        for (let unit = 0; unit < composed.text.length; unit++) {
          const [start = -1, end = -1] = composed.places.slice(2 * unit, 2 * unit + 2);
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          last = start;
        }
        // Nothing of the text is left out.
        expect(composed.places.at(0)).toBe(0);
        expect(composed.places.at(-1)).toBe(text.length);
      }),
      { numRuns: 1000 },
    );
  });

  test("takes linear time", () => {
    for (const text of [
      "a\u0301",
      "\u0316\u0301",
      "\u0301\u0316",
      "\u0344",
      "\u1100\u1161",
      "\u{1d15e}",
      "e\u0323",
    ]) {
      const long = text.repeat(1e5);
      const composed = finish(composers[form].compose(`x${long}\u0301\u0316`));
      expect(composed?.text.length).toBeGreaterThan(9e4);
    }
  });
});

describe("places", () => {
  test.each([
    ["cafe\u0301s", "cafés", [0, 1, 1, 2, 2, 3, 3, 5, 5, 6]],
    // A mark of a lower class, in front of the one that is composed.
    ["a\u0316\u0301", "á\u0316", [0, 2, 2, 3]],
    ["\u0344a", "\u0308\u0301a", [0, 1, 0, 1, 1, 2]],
    ["\u1e0b\u0323", "\u1e0d\u0307", [0, 2, 1, 2]],
    ["x\ud83d\ude00=\u0338", "x\ud83d\ude00≠", [0, 1, 1, 2, 2, 3, 3, 5]],
  ])("of %j", (text, expected, places) => {
    const composed = { text: expected, places: Uint32Array.from(places) };
    expect(finish(composers.NFC.compose(text))).toEqual(composed);
  });

  test("a mark behind an added token is not composed with it", () => {
    const composer = new UnicodeComposer("NFC", ["<think>", ""]);
    const composed = (text: string) => finish(composer.compose(text))?.text ?? text;
    expect(composed("<think>\u0338")).toBe("<think>\u0338");
    expect(composed("<think>\u0338\u0316e\u0301")).toBe("<think>\u0338\u0316é");
    expect(composed("<thin>\u0338")).toBe("<thin≯");
  });

  test("many added tokens take no more time", () => {
    const composer = new UnicodeComposer(
      "NFC",
      Array.from({ length: 1e5 }, (_, index) => `<${index}>`),
    );
    expect(finish(composer.compose("e\u0301".repeat(1e5)))?.text).toHaveLength(1e5);
  });

  test("a text in the form already is left as it is", () => {
    for (const text of ["", "café", "हिन्दी", "한국", "x\u0301\u0308\u0316".normalize("NFC"), "\ud800"])
      expect(finish(composers.NFC.compose(text))).toBeUndefined();
  });
});
