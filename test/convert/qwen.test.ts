import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LinkedStop } from "../../lib/async/signals.js";
import { finish } from "../../lib/async/steps.js";
import type { NativeModel } from "../../lib/binding/native-addon.js";
import { convertCheckpoint } from "../../lib/convert/convert.js";
import { LabelScheme } from "../../lib/decoding/scheme.js";
import { type Entity, inspectModel, Recognizer } from "../../lib/index.js";
import { composerOf } from "../../lib/recognizer/segmentation/composer.js";
import { wordSegmentation } from "../../lib/recognizer/segmentation/words.js";
import { caseOf, layOut } from "../support/checkpoints.js";
import { loadNative } from "../support/native.js";
import { oddText } from "../support/odd-text.js";
import { root } from "../support/paths.js";

interface Composed {
  /** Texts with their tokens, and the tokens' starts and ends in UTF-16 code units. */
  readonly texts: readonly (readonly [text: string, tokens: readonly number[], bounds: readonly number[]])[];
  /** Words with their tokens behind a space. */
  readonly words: readonly (readonly [word: string, tokens: readonly number[]])[];
}

const { texts, words }: Composed = JSON.parse(
  readFileSync(join(root, "test", "fixtures", "encoders", "composed.json"), "utf8"),
);

let folder: string;
let taggingWords: string;
let taggingTokens: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vaner-qwen-"));
  const { heads: _, ...input } = layOut(caseOf("qwen3-nfc"), join(folder, "checkpoint"));
  taggingWords = join(folder, "words.gguf");
  taggingTokens = join(folder, "tokens.gguf");
  await convertCheckpoint({ ...input, output: taggingWords, type: "f32" });
  await convertCheckpoint({ ...input, output: taggingTokens, type: "f32", tagTokens: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The tokens of a text, and their places in it. */
async function read(model: NativeModel, text: string) {
  const composer = composerOf(model);
  const composed = composer && finish(composer.compose(text));
  const given = composed?.text ?? text;
  const found = await model.tokenizeText(given, Uint32Array.of(0, given.length), false).promise;
  return {
    tokens: [...found.tokens],
    starts: [...found.starts].map((start) => composed?.places[2 * start] ?? start),
    ends: [...found.ends].map((end) => composed?.places[2 * end - 1] ?? end),
  };
}

test("the file has format 5 and says the form of Unicode", async () => {
  expect(await inspectModel(taggingWords)).toMatchObject({ format: 5, problem: null });
  const model = await loadNative(taggingWords);
  expect(model.info).toMatchObject({ normalizer: { unicode: "NFC" }, addedTokens: ["<think>"] });
  await model.dispose();
});

test("tokens and offsets are those of the tokenizers library", async () => {
  const model = await loadNative(taggingTokens);
  for (const [text, tokens, bounds] of texts) {
    const found = await read(model, text);
    expect([text, found.tokens]).toEqual([text, tokens]);
    expect([text, found.starts]).toEqual([text, bounds.filter((_, index) => index % 2 === 0)]);
    for (const [token, end] of found.ends.entries()) {
      // The library leaves out what a character is composed of, except for its first part.
      const theirs = bounds[2 * token + 1] as number;
      expect(text.slice(theirs, end)).toMatch(/^[\p{M}\u1160-\u11ff]*$/u);
      expect(end).toBeGreaterThanOrEqual(theirs);
    }
  }
  await model.dispose();
});

test("words have the tokens that each has by itself", async () => {
  const model = await loadNative(taggingWords);
  const stop = new LinkedStop(undefined);
  const scheme = new LabelScheme(model.info);
  const reading = { scheme, lines: undefined, byToken: false };
  for (const among of [words.map(([word]) => word), ["x", ...words.map(([word]) => word)]]) {
    const source = { text: among.join(" "), given: { words: among, sentences: [0, among.length] } };
    const [units] = await wordSegmentation.tokenize(model, [source], reading, stop);
    const found = among.map((_, word) => [
      ...(units?.tokens.subarray(units.offsets[word], units.offsets[word + 1]) ?? []),
    ]);
    expect(found.slice(among.length - words.length)).toEqual(words.map(([, tokens]) => tokens));
  }
  await model.dispose();
});

describe.each(["words", "tokens"])("a recognizer that tags %s", (units) => {
  let recognizer: Recognizer;
  beforeAll(async () => {
    const model = units === "words" ? taggingWords : taggingTokens;
    recognizer = await Recognizer.load({ model, gpu: false, int8: true });
  });
  afterAll(() => recognizer.dispose());

  const plain = ({ type, text, score }: Entity) => [type, text.normalize("NFC"), score];

  test("finds the same in decomposed text, at its own places", async () => {
    const text =
      "Patients with naïve café tumours (TNF-α, 5°C) were treated. Ödème, Ménière’s disease, 한국 cells.";
    const decomposed = text.normalize("NFD");
    expect(decomposed).not.toBe(text);
    const expected = await recognizer.recognize(text);
    expect(expected.length).toBeGreaterThan(0);
    const found = await recognizer.recognize(decomposed);
    expect(found.map(plain)).toEqual(expected.map(plain));
    for (const { text: own, start, end } of found) expect(decomposed.slice(start, end)).toBe(own);
    const batch = await recognizer.recognizeBatch([decomposed, text, "", "\u0301", decomposed]);
    expect([batch[0], batch[1], batch[4]]).toEqual([found, expected, found]);
  });

  test("gives exact offsets whatever the text", async () => {
    const piece = fc.constantFrom("e\u0301", "\u0338", "<think>", "\u0344", "\u1e0b\u0323", "\u212b");
    const odd = fc.tuple(oddText(12), piece, oddText(12), piece).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(odd, async (text) => {
        let last = 0;
        for (const { text: own, start, end } of await recognizer.recognize(text)) {
          expect(text.slice(start, end)).toBe(own);
          expect(start).toBeGreaterThanOrEqual(last);
          last = end;
        }
      }),
      { numRuns: 200 },
    );
  });
});
