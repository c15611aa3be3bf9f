import { describe, expect, test } from "@jest/globals";
import { LoadedModel } from "../../lib/recognizer/loaded-model.js";
import { recognizeTexts } from "../../lib/recognizer/pipeline.js";
import { textGroups } from "../../lib/recognizer/text-groups.js";
import { FakeModel, fakeRecognizer } from "../support/fake-model.js";

const outputs = [{ ranks: [0], head: 0 }];
const passes = [{ instruction: "", outputs }];
const query = { types: ["Disease"], passes, overlaps: "keep" as const, consistency: false };
const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Texts of 3,000 words: each is tokenized separately and takes several encoder calls. */
function longTexts(count: number): { text: string }[] {
  return Array.from({ length: count }, (_, index) => ({ text: `bad${index} `.repeat(3000) }));
}

describe("recognizeTexts", () => {
  test("makes each encoder call once and in order, and gives each text its own entities", async () => {
    const expected: number[] = [];
    for (const text of longTexts(3)) {
      const alone = new FakeModel();
      await recognizeTexts(new LoadedModel(alone, 2), [text], query);
      expected.push(...alone.calls);
    }
    expect(expected.length).toBeGreaterThan(3);
    const model = new FakeModel();
    const found = await recognizeTexts(new LoadedModel(model, 2), longTexts(3), query);
    expect(model.calls).toEqual(expected);
    expect(found.map((entities) => entities.length)).toEqual([3000, 3000, 3000]);
    expect(found.map((entities) => entities.at(-1)?.text)).toEqual(["bad0", "bad1", "bad2"]);
  });

  test("is synchronous for known words, and tokenizes no further than it encodes", async () => {
    const model = new FakeModel();
    model.knowsWords = true;
    const loaded = new LoadedModel(model, 2);
    await loaded.prepare(query.passes);
    let open = () => {};
    model.gate = new Promise((resolve) => {
      open = resolve;
    });
    const running = recognizeTexts(loaded, longTexts(8), query);
    expect(model.calls.length).toBeGreaterThan(0);
    for (let turn = 0; turn < 10; turn++) await tick();
    expect(model.calls).toHaveLength(4);
    expect(model.tokenized).toHaveLength(2); // the texts of the calls in flight
    open();
    expect(await running).toHaveLength(8);
  });

  test("throws the error of tokenizing after all calls in flight have ended", async () => {
    const model = new FakeModel();
    const tokenize = model.tokenize.bind(model);
    let count = 0;
    model.tokenize = (text, bounds) => {
      if (++count < 2) return tokenize(text, bounds);
      throw Object.assign(new Error("full"), { code: "ERR_VANER_OUT_OF_MEMORY" });
    };
    const running = recognizeTexts(new LoadedModel(model, 2), longTexts(3), query);
    await expect(running).rejects.toMatchObject({ code: "ERR_VANER_OUT_OF_MEMORY" });
    expect(model.inFlight).toBe(0);
  });

  test("works when the global Promise has been replaced", async () => {
    const { recognizer } = fakeRecognizer();
    const original = globalThis.Promise;
    globalThis.Promise = class extends Promise<unknown> {} as typeof Promise;
    try {
      expect(await recognizer.recognize("bad", { types: ["Disease"] })).toMatchObject([{ text: "bad" }]);
    } finally {
      globalThis.Promise = original;
    }
  });
});

describe("textGroups", () => {
  const lengths = (...texts: number[]) =>
    [...textGroups(texts.map((length) => ({ text: "x".repeat(length) })))].map((group) =>
      group.map(({ text }) => text.length),
    );

  test("grow, so that the first results arrive early", () => {
    const groups = lengths(...Array.from({ length: 70 }, () => 1000));
    expect(groups.map((group) => group.length)).toEqual([4, 8, 16, 16, 16, 10]);
  });

  test("hold at most 1,024 texts", () => {
    expect(lengths(...new Array<number>(2500).fill(0)).map((group) => group.length)).toEqual([
      1024, 1024, 452,
    ]);
  });

  test("are never empty, and a long text forms its own group", () => {
    expect(lengths()).toEqual([]);
    expect(lengths(0)).toEqual([[0]]);
    expect(lengths(10, 50_000, 10)).toEqual([[10], [50_000], [10]]);
  });
});
