import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { finish } from "../../lib/async/steps.js";
import { convertCheckpoint } from "../../lib/convert/convert.js";
import { Recognizer } from "../../lib/index.js";
import { SpacedWordFinder } from "../../lib/text/spaced-words.js";
import { expectPlacesOf } from "../support/alone.js";
import { caseOf, layOut } from "../support/checkpoints.js";
import { loadNative } from "../support/native.js";
import { oddTextsOf, readSpacedWords } from "../support/spaced-words.js";

const oddTexts = oddTextsOf("texts.json");
const names = ["roberta", "roberta-types"];

let folder: string;
const path = (name: string) => join(folder, `${name}.gguf`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vaner-roberta-"));
  for (const name of names) {
    const { heads: _, ...input } = layOut(caseOf(name), join(folder, name));
    await convertCheckpoint({ ...input, output: path(name), type: "f32" });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("tokens and offsets are those of the tokenizers library", () => {
  test.each(names)("%s", async (name) => {
    const model = await loadNative(path(name));
    for (const { text, tokens } of oddTexts) {
      const { tokens: found, bounds } = await readSpacedWords(model, text);
      expect([text, found, bounds]).toEqual([text, ...(tokens[name] ?? [])]);
    }
    await model.dispose();
  });

  test("no text becomes a control token", async () => {
    const model = await loadNative(path("roberta"));
    const { bosToken, lastToken } = model.info;
    expect([bosToken, lastToken]).toEqual([0, 2]);
    for (const text of ["<s>", "a </s>", "<mask> <pad>"]) {
      for (const token of (await readSpacedWords(model, text)).tokens) expect(token).toBeGreaterThan(4);
    }
    await model.dispose();
  });
});

describe("words", () => {
  test.each([
    ["(cancer), TNF-α/IL-6.", ["(", "cancer", "),", "TNF-α/IL-6", "."]],
    ["  CD4+\t5-HT\u200b1A \n\n… ", ["CD4", "+", "5-HT\u200b1A", "…"]],
    ["cafe\u0301, cafe\u0301s", ["cafe\u0301", ",", "cafe\u0301s"]],
    ["", []],
    ["\u200b \n", []],
  ])("of %j", async (text, expected) => {
    const model = await loadNative(path("roberta"));
    const { words, firsts, tokens } = await readSpacedWords(model, text);
    expect(words).toEqual(expected);
    expect(firsts).toHaveLength(words.length + 1);
    expect(firsts.at(-1)).toBe(tokens.length);
    for (let word = 0; word < words.length; word++)
      expect(firsts[word + 1]).toBeGreaterThan(firsts[word] as number);
    await model.dispose();
  });

  test("take linear time", () => {
    const finder = new SpacedWordFinder(false);
    for (const text of [
      "x".repeat(2e6),
      " ".repeat(2e6),
      "-".repeat(2e6),
      "a\u0301".repeat(1e6),
      "a, ".repeat(7e5),
    ])
      finish(finder.find(text, 0, text.length, [], true));
    expect(finish(finder.words()).parts).toHaveLength(8);
  });
});

describe("a recognizer of RoBERTa", () => {
  const text =
    "Patients with naïve café tumours (TNF-α, 5°C) were treated in mice. Cisplatin cancer, disease 病病 cells.";

  test.each(names)("finds entities at their places, the same alone and in a batch: %s", async (name) => {
    const recognizer = await Recognizer.load({ model: path(name), gpu: false, int8: true });
    await expectPlacesOf(recognizer, text);
    await recognizer.dispose();
  });

  test("reads any white space as one space, and no invisible signs", async () => {
    const recognizer = await Recognizer.load({ model: path("roberta-types"), gpu: false });
    const found = async (given: string) =>
      (await recognizer.recognize(given, { lines: false })).map(({ type, score }) => [type, score]);
    const plain = await found("cancer in mice and cells of patients");
    expect(plain.length).toBeGreaterThan(0);
    expect(await found("cancer\tin\r\nmice\u00a0 and  cells of\u2028patients")).toEqual(plain);
    expect(await found("can\u00adcer in mi\u200bce and cells of pa\ufefftients")).toEqual(plain);
    await recognizer.dispose();
  });

  test("labels given words at their first token, each behind a space", async () => {
    const recognizer = await Recognizer.load({ model: path("roberta"), gpu: false });
    const words = ["TNF-α", "of", "Cisplatin,", "\u200b", "x".repeat(300)];
    for (const aggregation of ["first", "average"] as const) {
      const found = await recognizer.recognize({ words }, { aggregation });
      for (const { start } of found) expect([0, 6, 9, 20, 22]).toContain(start);
    }
    await recognizer.dispose();
  });
});
