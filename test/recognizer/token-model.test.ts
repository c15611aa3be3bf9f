import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type FakeOptions, fakeRecognizer } from "../support/fake-model.js";
import { oddText } from "../support/odd-text.js";

describe("a model that tags tokens", () => {
  const tokens: FakeOptions = {
    words: "tokens-v1",
    bosToken: -1,
    heads: ["Disease"],
    trained: [],
    template: "<s>find all:",
    adaptiveTemplate: "",
  };
  /** Tokens that begin with b, after a space or not, are B; with i, I. */
  const rule = (piece: string) => ({ b: "B", i: "I" })[piece.trimStart()[0] ?? ""] ?? "O";

  test("encodes the whole text, across sentences, after the unchanged instruction", async () => {
    const { recognizer, model } = fakeRecognizer({ ...tokens, rule });
    const entities = await recognizer.recognize("Fine. A bad, ill No.");
    expect(model.sequences).toEqual([{ length: 3 + 5, rows: 5 }]);
    expect(model.tokenized).toEqual(["<s>find all:", "Fine. A bad, ill No."]);
    expect(model.parsed).toEqual(["<s>find all:"]);
    expect(entities).toMatchObject([{ text: "bad, ill", start: 8, end: 16, sentence: 1 }]);
  });

  test("cuts windows from the tokens of the whole text", async () => {
    const { recognizer, model } = fakeRecognizer({ ...tokens, rule });
    const text = "b1. No.".repeat(100);
    await recognizer.recognize(text);
    expect(model.sequences).toHaveLength(12);
    expect(model.sequences.reduce((sum, { rows }) => sum + rows, 0)).toBe(175);
  });

  test("encodes nothing for blank texts, and keeps texts apart that are tokenized together", async () => {
    const { recognizer, model } = fakeRecognizer({ ...tokens, rule });
    const texts = ["", " \n", "bad b\ud83d", "\ude00 bad"];
    const found = await recognizer.recognizeBatch(texts);
    expect(found.map((entities) => entities.map(({ start }) => start))).toEqual([[], [], [0, 4], []]);
    expect(model.sequences).toHaveLength(2);
    expect(model.tokenized).toHaveLength(2);
  });

  test("extends entities to the words of the caller", async () => {
    const { recognizer } = fakeRecognizer({ ...tokens, rule });
    const words = ["Some", "bad-ish", "illness"];
    expect(await recognizer.recognize({ words })).toMatchObject([{ text: "bad-ish", start: 5, end: 12 }]);
  });

  test("offsets are exact for any text", async () => {
    const any = (piece: string) => (/[a-m\u0080-\uffff]/.test(piece) ? "B" : "I");
    const { recognizer } = fakeRecognizer({ ...tokens, rule: any, pieceLength: 3 });
    await fc.assert(
      fc.asyncProperty(oddText(60), async (odd) => {
        let last = 0;
        for (const { start, end, text: mention } of await recognizer.recognize(odd)) {
          expect(mention).toBe(odd.slice(start, end));
          expect(mention).toMatch(/^\S(.*\S)?$/su);
          expect(start).toBeGreaterThanOrEqual(last);
          last = end;
        }
      }),
      { numRuns: 200 },
    );
  });
});
