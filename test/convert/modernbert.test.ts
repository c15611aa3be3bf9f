import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { finish } from "../../lib/async/steps.js";
import { convertCheckpoint } from "../../lib/convert/convert.js";
import { inspectModel, Recognizer } from "../../lib/index.js";
import { quantizeModel } from "../../lib/quantize/quantize.js";
import { composeSpacedWords, SpacedWordFinder } from "../../lib/text/spaced-words.js";
import { UnicodeComposer } from "../../lib/text/unicode-form.js";
import { expectPlacesOf } from "../support/alone.js";
import { caseOf, layOut } from "../support/checkpoints.js";
import { loadNative } from "../support/native.js";
import { oddTextsOf, readSpacedWords } from "../support/spaced-words.js";

const names = ["modernbert", "modernbert-types"];

let folder: string;
const path = (name: string) => join(folder, `${name}.gguf`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vaner-modernbert-"));
  for (const name of names) {
    const { heads: _, ...input } = layOut(caseOf(name), join(folder, name));
    await convertCheckpoint({ ...input, output: path(name), type: "f32" });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("tokens and offsets are those of the tokenizers library", () => {
  test.each(["texts.json", "composed-texts.json"])("%s", async (file) => {
    const model = await loadNative(path("modernbert"));
    for (const { text, tokens } of oddTextsOf(file)) {
      const { tokens: found, bounds } = await readSpacedWords(model, text);
      expect([text, found, bounds]).toEqual([text, ...(tokens["modernbert"] ?? [])]);
    }
    await model.dispose();
  });

  test("no text becomes a control token", async () => {
    const model = await loadNative(path("modernbert"));
    const { bosToken, lastToken } = model.info;
    for (const text of ["[CLS]", "a [SEP]", "[MASK] [PAD]"]) {
      const { tokens } = await readSpacedWords(model, text);
      expect(tokens).not.toContain(bosToken);
      expect(tokens).not.toContain(lastToken);
    }
    await model.dispose();
  });
});

describe("words", () => {
  test.each([
    ["cafe\u0301, cafe\u0301s", ["cafe\u0301", ",", "cafe\u0301s"]],
    ["n\u200b\u0303o (e\u0302\u0301)", ["n\u200b\u0303o", "(", "e\u0302\u0301", ")"]],
    ["\u1112\u1161\u11ab \u0958", ["\u1112\u1161\u11ab", "\u0958"]],
  ])("of %j", async (text, expected) => {
    const model = await loadNative(path("modernbert"));
    const { words } = await readSpacedWords(model, text);
    expect(words).toEqual(expected);
    await model.dispose();
  });

  test("take linear time", () => {
    const finder = new SpacedWordFinder(false);
    for (const text of [
      "é".repeat(1e6),
      "e\u0301".repeat(1e6),
      `e${"\u0301\u0323".repeat(2e5)}`,
      "\u1161".repeat(5e5),
    ])
      finish(finder.find(text, 0, text.length, [], true));
    const words = finish(finder.words());
    const { parts, starts } = finish(composeSpacedWords(words, new UnicodeComposer("NFC")));
    expect([parts.length, starts.length]).toEqual([8, words.starts.length]);
  });
});

describe("a recognizer of ModernBERT", () => {
  const text =
    "Patients with nai\u0308ve cafe\u0301 tumours (TNF-α, 5°C) were treated in mice. Cisplatin cancer, disease 病病 cells.";

  test.each(names)("finds entities at their places, the same alone and in a batch: %s", async (name) => {
    const recognizer = await Recognizer.load({ model: path(name), gpu: false, int8: true });
    await expectPlacesOf(recognizer, text);
    await recognizer.dispose();
  });

  test("reads composed and decomposed letters alike", async () => {
    const recognizer = await Recognizer.load({ model: path("modernbert-types"), gpu: false });
    const found = async (given: string) =>
      (await recognizer.recognize(given)).map(({ type, score, text: mention }) => [
        type,
        score,
        mention.normalize("NFC"),
      ]);
    const plain = await found(text.normalize("NFC"));
    expect(plain.length).toBeGreaterThan(0);
    expect(await found(text.normalize("NFD"))).toEqual(plain);
    await recognizer.dispose();
  });
});

test("a file has llama.cpp's architecture, and is quantized", async () => {
  const { architecture } = await inspectModel(path("modernbert"));
  expect(architecture).toBe("modern-bert");
  const output = path("modernbert-q8_0");
  await quantizeModel({ input: path("modernbert"), output, type: "q8_0" });
  const recognizer = await Recognizer.load({ model: output, gpu: false });
  expect(recognizer.types).toEqual(["Disease"]);
  await recognizer.dispose();
});
