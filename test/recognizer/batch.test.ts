import { describe, expect, test } from "@jest/globals";
import { fakeRecognizer } from "../support/fake-model.js";

describe("recognizeBatch", () => {
  const texts = Array.from(
    { length: 1200 },
    (_, index) => `Case ${index}: bad${index} in${index}. ${"So. ".repeat(index % 7)}`,
  );

  test("gives each text the same entities as alone, in order, in calls of bounded size", async () => {
    const { recognizer, model } = fakeRecognizer();
    const found = await recognizer.recognizeBatch(texts, { types: ["Disease"] });
    expect(found).toHaveLength(1200);
    expect(Math.max(...model.calls)).toBeLessThanOrEqual(4096);
    expect(model.calls.length).toBeGreaterThan(5);
    expect(model.mostInFlight).toBeLessThanOrEqual(5); // four calls, and the tokenizing of the next one
    for (const index of [0, 1, 6, 150, 299, 1199]) {
      expect(found[index]).toEqual(
        await recognizer.recognize(texts[index] as string, { types: ["Disease"] }),
      );
    }
  });

  test("accepts no texts, and texts without words", async () => {
    const { recognizer } = fakeRecognizer();
    expect(await recognizer.recognizeBatch([])).toEqual([]);
    expect(await recognizer.recognizeBatch(["", "bad", " "], { types: ["Disease"] })).toMatchObject([
      [],
      [{ text: "bad" }],
      [],
    ]);
  });

  test("gives the same results for words that are tokenized synchronously", async () => {
    const { recognizer, model } = fakeRecognizer();
    const texts = ["A bad cold. Then fever.", "", "Bad ill", "no"];
    const expected = await recognizer.recognizeBatch(texts, { types: ["Disease"] });
    model.knowsWords = true;
    expect(await recognizer.recognizeBatch(texts, { types: ["Disease"] })).toEqual(expected);
    expect(expected.flat().length).toBeGreaterThan(0);
  });

  test("does not look up the words of a long text synchronously", async () => {
    const { recognizer, model } = fakeRecognizer();
    const lookedUp: number[] = [];
    model.tokenizeKnown = (_, bounds) => {
      lookedUp.push(bounds.length / 2);
      return false;
    };
    await recognizer.recognize("bad ".repeat(4096), { types: ["Disease"] });
    await recognizer.recognize("bad ".repeat(4097), { types: ["Disease"] });
    expect(lookedUp).toEqual([4096]);
  });

  test("keeps texts apart that are tokenized together", async () => {
    const { recognizer } = fakeRecognizer();
    const found = await recognizer.recognizeBatch(["b\ud83d", "\ude00 b"], { types: ["Disease"] });
    expect(found).toMatchObject([[{ text: "b", start: 0 }], [{ text: "b", start: 2 }]]);
  });

  test("handles a long text among short ones", async () => {
    const long = "A bad word. ".repeat(20_000);
    const { recognizer, model } = fakeRecognizer();
    const found = await recognizer.recognizeBatch(["bad", long, "bad"], { types: ["Disease"] });
    expect(found.map((entities) => entities.length)).toEqual([1, 20_000, 1]);
    expect(model.tokenized).toHaveLength(4);
  });
});
