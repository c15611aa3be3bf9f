import { afterEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { instructions } from "../../lib/instructions/registry.js";
import { certainty, fakeRecognizer } from "../support/fake-model.js";
import { inStrewn, strew, strewing, withoutSigns } from "../support/invisible.js";
import { oddText } from "../support/odd-text.js";
import { wordPattern } from "../support/word-pattern.js";

afterEach(() => {
  for (const { id } of instructions.list()) if (!id.startsWith("vaner")) instructions.unregister(id);
});

const text = "Fine. A bad illness and a boil here. No more.";

describe("recognize", () => {
  test("finds entities with offsets, scores and sentences", async () => {
    const { recognizer } = fakeRecognizer();
    const entities = await recognizer.recognize(text, { types: ["Disease"] });
    expect(entities).toEqual([
      { type: "Disease", text: "bad illness", start: 8, end: 19, score: certainty, sentence: 1 },
      { type: "Disease", text: "boil", start: 26, end: 30, score: certainty, sentence: 1 },
    ]);
  });

  test("puts the start token and the instruction before every sentence, once per type", async () => {
    const { recognizer, model } = fakeRecognizer({
      rule: (piece, seen) => (seen.startsWith("Chemical>") && piece === "and" ? "B" : "O"),
    });
    const entities = await recognizer.recognize(text);
    expect(entities.map((entity) => [entity.type, entity.text])).toEqual([["Chemical", "and"]]);
    expect(model.sequences).toHaveLength(6);
    expect(model.tokenized.sort()).toEqual(["Chemical>", "Disease>", text].sort());
  });

  test("uses the dataset's template when a dataset is given", async () => {
    const { recognizer } = fakeRecognizer({
      rule: (_piece, seen) => (seen.startsWith("ncbi:Disease>") ? "B" : "O"),
    });
    expect(await recognizer.recognize("a", { dataset: "ncbi" })).toHaveLength(1);
    expect(await recognizer.recognize("a", { types: ["Disease"] })).toHaveLength(0);
  });

  test("uses a registered instruction for a type that the model was not trained on", async () => {
    const { recognizer } = fakeRecognizer({
      rule: (_piece, seen) => (seen.startsWith("Any Outcome?") ? "B" : "O"),
    });
    await expect(recognizer.recognize("a", { types: ["Outcome"] })).rejects.toMatchObject({
      code: "ERR_VANER_UNKNOWN_TYPE",
    });
    instructions.register({ id: "outcomes", entityType: "Outcome", template: "Any {entityType}?" });
    expect(await recognizer.recognize("a", { types: ["Outcome"] })).toMatchObject([
      { type: "Outcome", text: "a" },
    ]);
  });

  test("encodes once for all types if the model has several heads", async () => {
    const { recognizer, model } = fakeRecognizer({
      heads: ["Disease", "Chemical"],
      template: "",
      adaptiveTemplate: "",
      labels: ["O", "I", "B"],
      rule: (piece, _seen, head) => ((head === "Disease" ? piece === "flu" : piece === "zinc") ? "B" : "O"),
    });
    const entities = await recognizer.recognize("zinc for flu");
    expect(entities.map((entity) => [entity.type, entity.text])).toEqual([
      ["Chemical", "zinc"],
      ["Disease", "flu"],
    ]);
    expect(model.sequences).toEqual([{ length: 4, rows: 3 }]);
  });

  test("encodes words only if the model has no start token or instruction", async () => {
    const bare = { heads: ["Disease"], template: "", adaptiveTemplate: "", bosToken: -1, trained: [] };
    const { recognizer, model } = fakeRecognizer(bare);
    expect(await recognizer.recognize("a bad illness")).toMatchObject([
      { type: "Disease", text: "bad illness" },
    ]);
    expect(model.sequences).toEqual([{ length: 4, rows: 3 }]);
  });

  test("tokenizes an instruction only once", async () => {
    const { recognizer, model } = fakeRecognizer();
    await Promise.all([1, 2, 3].map(() => recognizer.recognize("a", { types: ["Disease"] })));
    expect(model.tokenized.filter((tokenized) => tokenized === "Disease>")).toHaveLength(1);
  });

  test("splits a long sentence into windows without losing a word", async () => {
    const words = Array.from({ length: 500 }, (_, index) => (index % 3 === 0 ? `b${index}` : `w${index}`));
    const { recognizer, model } = fakeRecognizer();
    const entities = await recognizer.recognize(words.join(" "), { types: ["Disease"] });
    expect(entities.map((entity) => entity.text)).toEqual(words.filter((word) => word.startsWith("b")));
    expect(model.sequences.length).toBeGreaterThan(20);
    expect(Math.max(...model.sequences.map(({ length }) => length))).toBe(32);
    expect(model.sequences.reduce((sum, { rows }) => sum + rows, 0)).toBe(500);
  });

  test("labels a word longer than a sequence by its first tokens", async () => {
    const word = `b${"x".repeat(10_000)}`;
    const { recognizer } = fakeRecognizer();
    const [entity] = await recognizer.recognize(`a ${word} c`, { types: ["Disease"] });
    expect(entity).toMatchObject({ text: word, start: 2, end: 2 + word.length });
  });

  test("labels a word without tokens as O", async () => {
    const { recognizer } = fakeRecognizer({ silent: new Set(["ill"]) });
    const entities = await recognizer.recognize("bad ill inside. ill", { types: ["Disease"] });
    expect(entities.map((entity) => entity.text)).toEqual(["bad", "inside"]);
  });

  test.each(["", " \n\t ", "\u00a0"])("finds nothing in a text without words: %j", async (blank) => {
    const { recognizer, model } = fakeRecognizer();
    expect(await recognizer.recognize(blank)).toEqual([]);
    expect(model.calls).toEqual([]);
  });

  test("keeps or resolves overlapping entities of several types", async () => {
    const { recognizer } = fakeRecognizer();
    expect((await recognizer.recognize("bad ill")).map(({ type }) => type)).toEqual(["Chemical", "Disease"]);
    const types = ["Disease", "Chemical"];
    expect(await recognizer.recognize("bad ill", { types, overlaps: "resolve" })).toMatchObject([
      { type: "Disease" },
    ]);
  });

  test("rejects an instruction that leaves no room for text", async () => {
    const { recognizer } = fakeRecognizer();
    instructions.register({ id: "long", entityType: "X", template: "word ".repeat(30) });
    await expect(recognizer.recognize("a", { types: ["X"] })).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
      message: expect.stringContaining("of the model's 32 tokens"),
    });
  });

  test("offsets are exact and entities follow the rule, for any text", async () => {
    const { recognizer } = fakeRecognizer({
      pieceLength: 2,
      rule: (piece) => (/^[a-m\u0080-\uffff]/.test(piece) ? "B" : "O"),
    });
    await fc.assert(
      fc.asyncProperty(oddText(60), async (odd) => {
        const entities = await recognizer.recognize(odd, { types: ["Disease"] });
        for (const entity of entities) expect(entity.text).toBe(odd.slice(entity.start, entity.end));
        const visible = withoutSigns(odd);
        const expected = [...visible.matchAll(wordPattern)].filter(
          ([word]) => /^[a-m\u0080-\uffff]/.test(word) && /[\p{L}\p{N}]/u.test(word),
        );
        const read = entities.map(({ text }) => withoutSigns(text));
        expect(read).toEqual(expected.map(([word]) => word));
      }),
      { numRuns: 300 },
    );
  });
});

describe("words instead of a text", () => {
  test("are used unchanged, as one sentence; offsets refer to the words joined by spaces", async () => {
    const { recognizer, model } = fakeRecognizer();
    const words = ["Fine.", "A", "bad-ish", "i", "ness", "."];
    const [entities, none] = await recognizer.recognizeBatch([{ words }, { words: [] }], {
      types: ["Disease"],
    });
    expect(entities).toEqual([
      {
        type: "Disease",
        text: "bad-ish i",
        start: 8,
        end: 17,
        score: expect.closeTo(certainty),
        sentence: 0,
      },
    ]);
    expect(none).toEqual([]);
    expect(model.sequences).toHaveLength(1);
    for await (const { text: joined } of recognizer.recognizeStream([{ words }]))
      expect(joined).toBe(words.join(" "));
  });
});

describe("sentences of words instead of a text", () => {
  const sentences = [["A", "bad"], [], ["i", "ness", "."], ["bad"]];

  test("are read one by one by a model without passages, and counted as the caller does", async () => {
    const { recognizer, model } = fakeRecognizer();
    const found = await recognizer.recognize({ sentences }, { types: ["Disease"] });
    expect(found.map(({ text, start, sentence }) => [text, start, sentence])).toEqual([
      ["bad", 2, 0],
      ["i", 6, 2],
      ["bad", 15, 3],
    ]);
    expect(model.sequences).toHaveLength(3);
  });

  test("share sequences in a model with passages", async () => {
    const { recognizer, model } = fakeRecognizer({ passageTokens: 20 });
    const found = await recognizer.recognize({ sentences }, { types: ["Disease"] });
    expect(found.map(({ text, sentence }) => [text, sentence])).toEqual([
      ["bad", 0],
      ["i", 2],
      ["bad", 3],
    ]);
    expect(model.sequences).toHaveLength(1);
  });

  test("are counted as the caller does by a model that tags tokens", async () => {
    const { recognizer } = fakeRecognizer({ words: "tokens-v1", bosToken: -1, pieceLength: 100 });
    const found = await recognizer.recognize({ sentences: [[], ["bad"], []] }, { types: ["Disease"] });
    expect(found.map(({ text, sentence }) => [text, sentence])).toEqual([["bad", 1]]);
  });
});

describe("arguments", () => {
  test.each([
    undefined,
    null,
    3,
    {},
    [],
    Buffer.from("x"),
    { words: "a b" },
    { words: ["a", ""] },
    { words: [3] },
    { words: ["a"], sentences: [["a"]] },
    { sentences: ["a b"] },
    { sentences: [["a"], undefined] },
    { sentences: [["a"], ["b", ""]] },
  ])("a text must be a string or words: rejects %j", async (value) => {
    const { recognizer, model } = fakeRecognizer();
    await expect(recognizer.recognize(value as string)).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
    await expect(recognizer.recognizeBatch(["a", value as string])).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
      message: expect.stringContaining("Text 1"),
    });
    expect(model.tokenized).toEqual([]);
  });

  test("a batch must be a dense array, and options an object", async () => {
    const { recognizer } = fakeRecognizer();
    const wrong: [unknown, unknown][] = [
      ["text", {}],
      [new Set(["a"]), {}],
      [new Array(3), {}],
      [["a"], null],
      [["a"], 3],
    ];
    for (const [texts, options] of wrong) {
      await expect(recognizer.recognizeBatch(texts as string[], options as object)).rejects.toMatchObject({
        code: "ERR_VANER_INVALID_ARGUMENT",
      });
    }
  });

  test("signs that a reader does not see change no entity, for any text", async () => {
    const { recognizer } = fakeRecognizer({
      pieceLength: 2,
      rule: (piece) => (/^[a-f(]/.test(piece) ? "B" : /^[g-m.)-]/.test(piece) ? "I" : "O"),
    });
    const strewn = oddText(30)
      .map(withoutSigns)
      .chain((visible) => strewing(visible.length).map((signs) => ({ visible, ...strew(visible, signs) })));
    await fc.assert(
      fc.asyncProperty(strewn, async ({ visible, text, places }) => {
        const options = { types: ["Disease"] };
        const plain = await recognizer.recognize(visible, options);
        expect(await recognizer.recognize(text, options)).toEqual(inStrewn(plain, { text, places }));
      }),
      { numRuns: 300 },
    );
  });
});
