import { describe, expect, test } from "@jest/globals";
import { certainty, type FakeOptions, fakeRecognizer } from "../support/fake-model.js";

describe("a model with one head over several types", () => {
  const options: FakeOptions = {
    heads: ["+"],
    labels: ["O", "B-Disease", "I-Disease", "B-Drug", "I-Drug"],
    trained: [],
    template: "",
    adaptiveTemplate: "",
    bosToken: -1,
    // b: a disease, d: its end; m: a drug, n: its end
    rule: (piece) =>
      ({ b: "B-Disease", d: "I-Disease", m: "B-Drug", n: "I-Drug" })[piece.trimStart()[0] ?? ""] ?? "O",
  };
  const text = "Bad x: bird dog moon night, and dust.";

  test("finds all types in one pass, without an instruction", async () => {
    const { recognizer, model } = fakeRecognizer(options);
    expect(recognizer.types).toEqual(["Disease", "Drug"]);
    const entities = await recognizer.recognize(text, { consistency: false });
    expect(entities).toEqual([
      { type: "Disease", text: "bird dog", start: 7, end: 15, score: certainty, sentence: 0 },
      { type: "Drug", text: "moon night", start: 16, end: 26, score: certainty, sentence: 0 },
      { type: "Disease", text: "dust", start: 32, end: 36, score: certainty, sentence: 0 },
    ]);
    expect(model.calls).toHaveLength(1);
    expect(model.parsed).toEqual([]);
  });

  test.each([{ types: ["Disease"] }, { types: ["Drug"] }, { types: ["Drug", "Disease"] }])(
    "finds what is asked for: $types",
    async ({ types }) => {
      const { recognizer, model } = fakeRecognizer(options);
      const all = await recognizer.recognize(text);
      const asked = types.filter((type) => type !== undefined);
      expect(await recognizer.recognize(text, { types: asked })).toEqual(
        all.filter(({ type }) => asked.includes(type)),
      );
      expect(model.calls).toHaveLength(2);
    },
  );

  test("gives a text the same entities alone and in a batch", async () => {
    const { recognizer } = fakeRecognizer(options);
    const long = `${text} `.repeat(20);
    const [, found] = await recognizer.recognizeBatch(["", long, text]);
    expect(found).toEqual(await recognizer.recognize(long));
  });

  test("tags tokens too, where I opens an entity", async () => {
    const { recognizer } = fakeRecognizer({ ...options, words: "tokens-v1", pieceLength: 5 });
    const found = await recognizer.recognize("an x. dust bird moon noon dust", { consistency: false });
    expect(found.map(({ type, text }) => [type, text])).toEqual([
      ["Disease", "dust"],
      ["Disease", "bird"],
      ["Drug", "moon noon"],
      ["Disease", "dust"],
    ]);
  });
});
