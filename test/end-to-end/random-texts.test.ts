import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Recognizer } from "../../lib/index.js";
import { oddText } from "../support/odd-text.js";

/** `npm run fuzz:text` sets it to a million, of which the model reads ten thousand. */
const runs = Math.max(50, Number(process.env["VANER_FUZZ_RUNS"] ?? 0) / 100);

let recognizer: Recognizer;
beforeAll(async () => {
  recognizer = await Recognizer.load();
});
afterAll(() => recognizer.dispose());

const anyUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

test(
  "any text gives entities that are parts of it, alone as among others",
  async () => {
    const text = fc.oneof(oddText(), anyUnits, fc.string({ unit: "binary", maxLength: 40 }));
    const texts = fc.array(text, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(texts, async (given) => {
        const found = await recognizer.recognizeBatch(given);
        expect(found).toHaveLength(given.length);
        for (const [index, entities] of found.entries()) {
          for (const { text: mention, start, end, score } of entities) {
            expect(mention).toBe(given[index]?.slice(start, end));
            expect(mention).not.toBe("");
            expect(score > 0 && score <= 1).toBe(true);
          }
        }
        expect(await recognizer.recognize(given[0] ?? "")).toEqual(found[0]);
      }),
      { numRuns: runs },
    );
  },
  60_000 + 5_000 * runs,
);

test("a word of a million letters is read", async () => {
  for (const letter of ["a", "α", "𝒳", "\u0301"]) {
    const text = `${letter.repeat(1_000_000)}. Patients with asthma.`;
    const found = await recognizer.recognize(text, { types: ["Disease"] });
    expect(found).toContainEqual(expect.objectContaining({ text: "asthma", end: text.length - 1 }));
  }
});

test("the event loop runs while a long text is read, and an abort ends it", async () => {
  const text = "Patients with asthma (AS) fell ill. ".repeat(100_000);
  const controller = new AbortController();
  let rounds = 0;
  const watch = () => {
    if (++rounds === 20) controller.abort(new Error("enough"));
    else setImmediate(watch);
  };
  setImmediate(watch);
  await expect(recognizer.recognize(text, { signal: controller.signal })).rejects.toThrow("enough");
  expect(rounds).toBe(20);
});
