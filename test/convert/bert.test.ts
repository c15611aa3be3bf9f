import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { finish } from "../../lib/async/steps.js";
import type { NativeModel } from "../../lib/binding/native-addon.js";
import { convertCheckpoint } from "../../lib/convert/convert.js";
import { convertAdapter } from "../../lib/convert/convert-adapter.js";
import { inspectModel, quantizeModel, Recognizer } from "../../lib/index.js";
import { BertWordFinder } from "../../lib/text/bert-words.js";
import { TextBuilder } from "../../lib/text/text-builder.js";
import { expectPlacesOf } from "../support/alone.js";
import { caseOf, layOut, referenceOf } from "../support/checkpoints.js";
import { loadNative } from "../support/native.js";
import { root } from "../support/paths.js";

interface OddText {
  readonly text: string;
  /** By model: start and end of each word in UTF-16 code units, and its tokens. */
  readonly words: Readonly<Record<string, readonly (readonly [number, number, readonly number[]])[]>>;
}

const places = join(root, "test", "fixtures", "encoders", "texts.json");
const oddTexts: readonly OddText[] = JSON.parse(readFileSync(places, "utf8"));

let folder: string;
const path = (name: string) => join(folder, `${name}.gguf`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vaner-bert-"));
  for (const name of ["bert-uncased", "bert-cased", "electra"]) {
    const { heads: _, ...input } = layOut(caseOf(name), join(folder, name));
    await convertCheckpoint({ ...input, output: path(name), type: "f32" });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The words of a text with their tokens, by our own code. */
async function wordsOf(model: NativeModel, text: string) {
  const words = { bounds: [] as number[], normalized: new TextBuilder(), ends: [] as number[] };
  finish(new BertWordFinder(model.info.normalizer).find(text, 0, text.length, words));
  const bounds = Uint32Array.from(words.ends.flatMap((end, word) => [words.ends[word - 1] ?? 0, end]));
  const { tokens, offsets } = await model.tokenize(words.normalized.text, bounds).promise;
  return words.ends.map((_, word) => [
    words.bounds[2 * word],
    words.bounds[2 * word + 1],
    [...tokens.subarray(offsets[word], offsets[word + 1])],
  ]);
}

describe("words, tokens and offsets are those of the tokenizers library", () => {
  test.each(["bert-uncased", "bert-cased", "electra"])("%s", async (name) => {
    const model = await loadNative(path(name));
    for (const { text, words } of oddTexts)
      expect([text, await wordsOf(model, text)]).toEqual([text, words[name]]);
    await model.dispose();
  });

  test("no text becomes a control token", async () => {
    const model = await loadNative(path("bert-cased"));
    const { bosToken, lastToken } = model.info;
    for (const text of ["[CLS]", "[SEP] [PAD]", "[MASK", "[unused1]"]) {
      const tokens = (await wordsOf(model, text)).flatMap(([, , own]) => own as number[]);
      expect(tokens).not.toContain(bosToken);
      expect(tokens).not.toContain(lastToken);
      expect(tokens).not.toContain(1);
    }
    await model.dispose();
  });

  test("a lone surrogate is left out, as a reader of UTF-8 would have it", async () => {
    const model = await loadNative(path("bert-cased"));
    expect((await wordsOf(model, "in\ud800in a")).map(([start, end]) => [start, end])).toEqual([
      [0, 5],
      [6, 7],
    ]);
    await model.dispose();
  });
});

function worst(found: readonly number[], wanted: readonly number[]): number {
  expect(found).toHaveLength(wanted.length);
  return Math.max(...found.map((value, index) => Math.abs(value - (wanted[index] as number))));
}

const kinds = [
  { type: "f32", int8: false },
  { type: "f16", int8: false },
  { type: "q8_0", int8: true },
  { type: "q8_0", int8: true, int8Scales: "rows" as const },
];
test.each(
  ["bert-uncased", "electra-small", "roberta", "modernbert"].flatMap((name) =>
    kinds.map((kind) => ({ name, ...kind })),
  ),
)(
  "a sequence gets the same probabilities alone and in any batch, near PyTorch's: $name, $type, $int8Scales",
  async ({ name, type, ...settings }) => {
    const file = path(`batch-${name}-${type}`);
    const { heads: _, ...input } = layOut(caseOf(name), join(folder, `batch-${name}`));
    await convertCheckpoint({ ...input, output: file, type });
    const model = await loadNative(file, settings);
    const { sequences, logits } = referenceOf(caseOf(name));
    const encode = async (chosen: readonly (readonly number[])[]) => {
      const offsets = [0];
      for (const { length } of chosen) offsets.push((offsets.at(-1) as number) + length);
      const tokens = Int32Array.from(chosen.flat());
      const rows = Uint32Array.from(tokens.keys());
      return [...(await model.encode(tokens, Uint32Array.from(offsets), new Uint32Array(), rows).promise)];
    };
    const alone: number[][] = [];
    for (const sequence of sequences) alone.push(await encode([sequence]));
    // ggml's own products of floats differ in the last bit from batch to batch.
    const check = (found: number[], wanted: number[]) =>
      settings.int8 ? expect(found).toEqual(wanted) : expect(worst(found, wanted)).toBeLessThanOrEqual(2e-6);
    check(await encode(sequences), alone.flat());
    check(await encode([...sequences].reverse()), [...alone].reverse().flat());

    const expected = logits.flat().flatMap((row) => {
      const powers = row.map(Math.exp);
      const sum = powers.reduce((total, power) => total + power, 0);
      return powers.map((power) => power / sum);
    });
    // As for the other fixtures: test/fixtures/README.md.
    const tolerance = { f32: 5e-6, f16: 2e-3 }[type] ?? 4e-2;
    expect(worst(alone.flat(), expected)).toBeLessThanOrEqual(tolerance);
    await model.dispose();
  },
);

describe("a recognizer of an encoder", () => {
  const text =
    "Patients with naïve café tumours (TNF-α, 5°C) were treated in mice. Cisplatin cancer, disease 病病 cells.";

  test("finds entities at their places, in long texts too, the same alone and in a batch", async () => {
    const recognizer = await Recognizer.load({ model: path("bert-uncased"), gpu: false, int8: true });
    expect(recognizer.types).toEqual(["Disease"]);
    await expectPlacesOf(recognizer, text);
    await recognizer.dispose();
  });

  test("finds all types in one pass if its labels name several", async () => {
    const { heads: _, ...input } = layOut(caseOf("bert-types"), join(folder, "bert-types"));
    const { types, labels, causal } = await convertCheckpoint({ ...input, output: path("bert-types") });
    expect({ types, labels, causal }).toEqual({
      types: ["Disease", "Chemical"],
      labels: ["O", "B-Disease", "I-Disease", "B-Chemical", "I-Chemical"],
      causal: false,
    });
    const recognizer = await Recognizer.load({ model: path("bert-types"), gpu: false });
    expect(recognizer.types).toEqual(["Disease", "Chemical"]);
    const found = await recognizer.recognize(text);
    expect(new Set(found.map(({ type }) => type)).size).toBeGreaterThan(0);
    for (const { start, end, text: mention } of found) expect(mention).toBe(text.slice(start, end));
    await recognizer.dispose();
  });

  test.each([
    [{ causal: true }, "--causal"],
    [{ tagTokens: true }, "--tag-tokens"],
    [{ heads: "saved.pt" }, "leave out --heads"],
    [{ heads: false as const }, "leave out --no-head"],
    [{ template: "Find {entityType}: " }, "leave out --template"],
    [{ trained: ["ncbi:Disease"] }, "--trained"],
    [{ maxTokens: 2 }, "at least 3"],
    [{ maxTokens: 65 }, "at most 64 tokens"],
  ])("refuses what it lacks: %j", async (options, message) => {
    const { heads: _, ...input } = layOut(caseOf("bert-types"), join(folder, "refused"));
    await expect(convertCheckpoint({ ...input, ...options, output: path("refused") })).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining(message),
    });
  });

  test.each([
    { name: "a\0b" },
    { entityType: "\ud800" },
    { labels: ["O", "B-\0", "I-\0"] },
    { template: "find {entityType}\0:" },
    { trained: ["ncbi\udc00:Disease"] },
  ])("refuses text that no file can hold: %j", async (options) => {
    const convert = convertCheckpoint({ checkpoint: folder, ...options, output: path("refused") });
    await expect(convert).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
      message: expect.stringContaining("which no GGUF file can hold"),
    });
  });

  test("takes an adapter merged, as the parity tests check, but not beside it", async () => {
    const { checkpoint, adapters } = layOut(caseOf("bert-lora"), join(folder, "bert-lora"));
    const convert = convertAdapter({
      base: checkpoint,
      adapter: adapters[0] as string,
      output: path("lora"),
    });
    await expect(convert).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining("merged into it"),
    });
  });

  test("labels given words at their first token", async () => {
    const recognizer = await Recognizer.load({ model: path("bert-cased"), gpu: false });
    const [found] = await recognizer.recognizeBatch([
      { words: ["TNF-α", "of", "Cisplatin,", "\u200b", "x".repeat(300)] },
    ]);
    for (const { start } of found ?? []) expect([0, 6, 9, 20, 22]).toContain(start);
    await recognizer.dispose();
  });

  test("multiplies with the scales that its conversion was told, after quantizing too", async () => {
    const { heads: _, ...input } = layOut(caseOf("bert-cased"), join(folder, "scales"));
    const probabilities = async (model: string, settings?: { int8Scales: "blocks" | "rows" }) => {
      const native = await loadNative(model, settings);
      const { sequences } = referenceOf(caseOf("bert-cased"));
      const tokens = Int32Array.from(sequences[0] as readonly number[]);
      const offsets = Uint32Array.of(0, tokens.length);
      const rows = Uint32Array.from(tokens.keys());
      const found = [...(await native.encode(tokens, offsets, new Uint32Array(), rows).promise)];
      await native.dispose();
      return found;
    };
    const types = { q8_0: undefined, rows: "rows", blocks: "blocks" } as const;
    for (const [name, int8Scales] of Object.entries(types)) {
      const output = path(`scales-${name}`);
      const file = await convertCheckpoint({ ...input, output, type: "q8_0", int8Scales });
      expect(file.int8Scales).toBe(int8Scales ?? null);
    }
    const rows = await probabilities(path("scales-blocks"), { int8Scales: "rows" });
    const blocks = await probabilities(path("scales-rows"), { int8Scales: "blocks" });
    expect(await probabilities(path("scales-rows"))).toEqual(rows);
    expect(await probabilities(path("scales-blocks"))).toEqual(blocks);
    expect(await probabilities(path("scales-q8_0"))).toEqual(blocks);

    const output = path("scales-quantized");
    await quantizeModel({ input: path("scales-rows"), output, type: "q4_0" });
    expect((await inspectModel(output)).int8Scales).toBe("rows");
  });

  test.each(["bert-uncased", "electra-small"])(
    "survives quantizing, with positions and types of tokens as they were: %s",
    async (name) => {
      const { heads: _, ...input } = layOut(caseOf(name), join(folder, `whole-${name}`));
      const [whole, output] = [path(`whole-${name}`), path(`quantized-${name}`)];
      await convertCheckpoint({ ...input, output: whole, type: "f32" });
      await quantizeModel({ input: whole, output, type: "q8_0" });
      const types = new Map((await inspectModel(output)).tensors.map(({ name, type }) => [name, type]));
      expect(types.get("blk.0.ffn_up.weight")).toBe("Q8_0");
      for (const name of ["position_embd.weight", "token_types.weight"]) expect(types.get(name)).toBe("F32");
      expect(types.get("token_embd.proj.weight")).toBe(name === "electra-small" ? "F32" : undefined);
      const recognizer = await Recognizer.load({ model: output, gpu: false });
      expect((await recognizer.recognize(text)).length).toBeGreaterThan(0);
      await recognizer.dispose();
    },
  );
});
