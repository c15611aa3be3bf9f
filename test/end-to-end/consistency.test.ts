import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Recognizer, type TextInput } from "../../lib/index.js";
import { abstracts } from "../support/abstracts.js";
import { rounded } from "../support/entities.js";
import { inStrewn, strew, strewing } from "../support/invisible.js";
import { oddText } from "../support/odd-text.js";
import { fixture } from "../support/paths.js";

let recognizer: Recognizer;
/** Fast models with random weights, of which one tags words and one tags tokens. */
let tiny: Recognizer[];
beforeAll(async () => {
  recognizer = await Recognizer.load();
  tiny = [
    await Recognizer.load({ model: fixture("tiny-f32") }),
    await Recognizer.load({ model: fixture("tiny-tokens-f32") }),
  ];
});
afterAll(() => Promise.all([recognizer, ...tiny].map((each) => each?.dispose())));

const defined =
  "Progressive external ophthalmoplegia (PEO) is rare. The level of PEO was low. In vitro, PEO increased the growth. " +
  "The dose of PEO was 5 mg.";
const types = ["Disease"];

async function mentions(text: TextInput, consistency: boolean): Promise<string[]> {
  const entities = await recognizer.recognize(text, { types, consistency });
  return entities.map((entity) => `${entity.text} in ${entity.sentence}`);
}

test("finds an abbreviation wherever a text uses it", async () => {
  const all = [
    "Progressive external ophthalmoplegia in 0",
    ...[0, 1, 2, 3].map((sentence) => `PEO in ${sentence}`),
  ];
  expect(await mentions(defined, true)).toEqual(all);
  const plain = await mentions(defined, false);
  expect(plain.length).toBeLessThan(all.length);
  expect(all).toEqual(expect.arrayContaining(plain));
  expect(await mentions({ words: defined.match(/\w+|\S/g) as string[] }, true)).toEqual(
    all.map((mention) => mention.replace(/\d$/, "0")),
  );
});

test("finds the same with signs that a reader does not see", async () => {
  const [signs = []] = fc.sample(strewing(defined.length), { numRuns: 1, seed: 1 });
  const strewn = strew(defined, signs);
  const options = { types, consistency: true };
  const plain = await recognizer.recognize(defined, options);
  expect(rounded(await recognizer.recognize(strewn.text, options))).toEqual(rounded(inStrewn(plain, strewn)));
});

test("does not depend on the batch, and comes before overlaps are resolved", async () => {
  const texts = [defined, ...abstracts];
  const options = { consistency: true, overlaps: "resolve" as const };
  const batch = await recognizer.recognizeBatch(texts, options);
  for (const [index, text] of texts.entries()) {
    expect(rounded(await recognizer.recognize(text, options))).toEqual(rounded(batch[index] ?? []));
    for (const [place, { start }] of (batch[index] ?? []).entries()) {
      expect(start).toBeGreaterThanOrEqual(batch[index]?.[place - 1]?.end ?? 0);
    }
  }
});

test("keeps what is found without it, with exact offsets, sorted, and apart within a type", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(oddText(12), { maxLength: 4 }), async (texts) => {
      const text = [...texts, ...texts].join(" ");
      for (const model of tiny) {
        const plain = await model.recognize(text);
        const all = await model.recognize(text, { consistency: true });
        expect(rounded(all)).toEqual(expect.arrayContaining(rounded(plain)));
        const ends = new Map<string, number>();
        for (const [index, entity] of all.entries()) {
          expect(entity.text).toBe(text.slice(entity.start, entity.end));
          expect(entity.start).toBeGreaterThanOrEqual(all[index - 1]?.start ?? 0);
          expect(entity.start).toBeGreaterThanOrEqual(ends.get(entity.type) ?? 0);
          ends.set(entity.type, entity.end);
        }
      }
    }),
    { numRuns: 150 },
  );
});
