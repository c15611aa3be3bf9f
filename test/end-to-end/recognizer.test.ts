import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Entity, Recognizer } from "../../lib/index.js";
import { abstracts } from "../support/abstracts.js";
import { rounded } from "../support/entities.js";
import { inStrewn, strew, strewing } from "../support/invisible.js";
import { oddText } from "../support/odd-text.js";
import { fixture } from "../support/paths.js";

let recognizer: Recognizer;
/** A fast model with random weights, which tags almost everything. */
let tiny: Recognizer;
beforeAll(async () => {
  recognizer = await Recognizer.load();
  tiny = await Recognizer.load({ model: fixture("tiny-f32") });
});
afterAll(() => Promise.all([recognizer?.dispose(), tiny?.dispose()]));

describe("the default model", () => {
  test("finds obvious entities", async () => {
    const text = abstracts[0] as string;
    const found = (await recognizer.recognize(text)).map((entity) => `${entity.type}: ${entity.text}`);
    expect(found).toContain("Chemical: Cisplatin");
    expect(found).toContain("Disease: nephrotoxicity");
    expect(found).toContain("Species: mice");
  });

  test("has VANER's four types", () => {
    expect([...recognizer.types].sort()).toEqual(["Chemical", "Disease", "Gene", "Species"]);
  });

  test("gives a text the same entities alone, in any batch, and in fifty concurrent calls", async () => {
    const others = Array.from(
      { length: 100 },
      (_, index) => `${abstracts[index % abstracts.length]} Case ${index}.`,
    );
    const text = abstracts.join(" ");
    const alone = await recognizer.recognize(text);
    expect(alone.length).toBeGreaterThan(20);
    const types = ["Disease"];
    const diseases = rounded(alone.filter(({ type }) => type === "Disease"));

    const forwards = await recognizer.recognizeBatch([text, ...others], { types });
    const backwards = await recognizer.recognizeBatch([...others.toReversed(), text], { types });
    expect(forwards[0]).toEqual(diseases);
    expect(backwards.at(-1)).toEqual(diseases);
    expect(backwards.slice(0, -1).toReversed()).toEqual(forwards.slice(1).map(rounded));

    const short = abstracts[4] as string;
    const shortAlone = rounded(await recognizer.recognize(short, { types: ["Species"] }));
    const [long, ...calls] = await Promise.all([
      recognizer.recognize(text, { types }),
      ...Array.from({ length: 50 }, () => recognizer.recognize(short, { types: ["Species"] })),
    ]);
    expect(long).toEqual(diseases);
    for (const call of calls) expect(call).toEqual(shortAlone);
  });

  test("finds the same with signs that a reader does not see, alone and in batches", async () => {
    const cases = abstracts.slice(0, 6).map((visible, seed) => {
      const [signs = []] = fc.sample(strewing(visible.length), { numRuns: 1, seed });
      return { visible, strewn: strew(visible, signs) };
    });
    const plain = await recognizer.recognizeBatch(cases.map(({ visible }) => visible));
    expect(plain.flat().length).toBeGreaterThan(10);
    const expected = cases.map(({ strewn }, index) => inStrewn(plain[index] as Entity[], strewn));
    const found = await recognizer.recognizeBatch(cases.map(({ strewn }) => strewn.text));
    expect(found.map(rounded)).toEqual(expected.map(rounded));
    const { text } = (cases[0] as (typeof cases)[0]).strewn;
    expect(rounded(await recognizer.recognize(text))).toEqual(rounded(expected[0] as Entity[]));
  });

  test("offsets are exact for odd texts", async () => {
    const texts = fc
      .sample(oddText(30), { numRuns: 60, seed: 1 })
      .map((odd, index) => `${abstracts[index % 12]} ${odd}`);
    const found = await recognizer.recognizeBatch(texts, { types: ["Chemical"] });
    for (const [index, text] of texts.entries()) {
      for (const entity of found[index] ?? []) expect(entity.text).toBe(text.slice(entity.start, entity.end));
    }
  });

  test("uses the dataset, and keeps or resolves overlaps of types", async () => {
    const text = abstracts[11] as string;
    const ncbi = await recognizer.recognize(text, { dataset: "ncbi" });
    expect(new Set(ncbi.map(({ type }) => type))).toEqual(new Set(["Disease"]));
    const resolved = await recognizer.recognize(text, { overlaps: "resolve" });
    for (const [index, entity] of resolved.entries()) {
      expect(entity.start).toBeGreaterThanOrEqual(resolved[index - 1]?.end ?? 0);
    }
  });

  test("a stream gives the same as a batch", async () => {
    const streamed: Entity[][] = [];
    for await (const { entities } of recognizer.recognizeStream(abstracts, { types: ["Gene"] }))
      streamed.push(entities);
    const batch = await recognizer.recognizeBatch(abstracts, { types: ["Gene"] });
    expect(streamed).toEqual(batch.map(rounded));
  });

  test("errors name the known values", async () => {
    await expect(recognizer.recognize("a", { types: ["Planet"] })).rejects.toMatchObject({
      code: "ERR_VANER_UNKNOWN_TYPE",
      message: expect.stringContaining('"Disease"'),
    });
    await expect(recognizer.recognize("a", { dataset: "none" })).rejects.toMatchObject({
      code: "ERR_VANER_UNKNOWN_DATASET",
    });
    await expect(recognizer.recognize("a", { instruction: "none" })).rejects.toMatchObject({
      code: "ERR_VANER_UNKNOWN_INSTRUCTION",
    });
    await expect(recognizer.recognize(3 as unknown as string)).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
  });

  test("an abort rejects with the reason and leaves the recognizer usable", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = recognizer.recognize(abstracts.join(" ").repeat(50), { signal: controller.signal });
    const other = recognizer.recognize(abstracts[0] as string, { types: ["Disease"] });
    setTimeout(() => controller.abort(reason), 100);
    await expect(running).rejects.toBe(reason);
    expect((await other).length).toBeGreaterThan(0);
    await expect(recognizer.recognize("a", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe("any text", () => {
  test("offsets are exact, entities are ordered and within their sentence", async () => {
    await fc.assert(
      fc.asyncProperty(oddText(60), async (text) => {
        const entities = await tiny.recognize(text);
        let last = 0;
        for (const entity of entities) {
          expect(entity.text).toBe(text.slice(entity.start, entity.end));
          expect(entity.text).not.toMatch(/^\s|\s$/u);
          expect(entity.start).toBeGreaterThanOrEqual(last);
          expect(entity.score).toBeGreaterThan(0);
          expect(entity.score).toBeLessThanOrEqual(1);
          last = entity.start;
        }
      }),
      { numRuns: 300 },
    );
  });

  test("an empty text", async () => {
    for (const text of ["", " ", "\n\n", "\u00a0"]) expect(await tiny.recognize(text)).toEqual([]);
    expect(await tiny.recognizeBatch([])).toEqual([]);
  });

  test("a megabyte of prose", async () => {
    const text = abstracts.join(" ").repeat(Math.ceil(1e6 / abstracts.join(" ").length));
    expect(text.length).toBeGreaterThan(1e6);
    const entities = await tiny.recognize(text, { types: ["Disease"] });
    for (const entity of entities) expect(entity.text).toBe(text.slice(entity.start, entity.end));
    // The end of the text is handled like its beginning.
    const length = abstracts.join(" ").length;
    const within = (from: number) =>
      entities
        .filter(({ start, end }) => start >= from + 200 && end <= from + length - 200)
        .map(({ start, end, text: mention }) => [start - from, end - from, mention]);
    expect(within(text.length - length)).toEqual(within(0));
  });

  test("one sentence of twenty thousand words, one word of a megabyte", async () => {
    const spaced = "ACGT ".repeat(20_000);
    expect(
      (await tiny.recognize(spaced, { types: ["Disease"] })).every(({ text }) => /^ACGT/.test(text)),
    ).toBe(true);
    const solid = "ACGT".repeat(250_000);
    const entities = await tiny.recognize(solid, { types: ["Disease"] });
    for (const entity of entities) expect(entity).toMatchObject({ start: 0, end: solid.length });
  });
});

describe("dispose()", () => {
  test("waits for running calls and rejects later ones", async () => {
    const mine = await Recognizer.load({ model: fixture("tiny-f32") });
    const running = mine.recognize(abstracts.join(" "));
    const disposal = mine.dispose();
    await expect(mine.recognize("a")).rejects.toMatchObject({ code: "ERR_VANER_DISPOSED" });
    expect((await running).length).toBeGreaterThan(0);
    await disposal;
    await mine.dispose();
  });

  test("recognizers can be loaded and disposed of repeatedly", async () => {
    for (let round = 0; round < 20; round++) {
      await using mine = await Recognizer.load({ model: fixture(round % 2 ? "tiny-f32" : "tiny-heads-f32") });
      await mine.recognize("Aspirin.");
    }
  });
});
