import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { loadAddon } from "../../lib/binding/loader.js";
import type { NativeLoadOptions } from "../../lib/binding/native-addon.js";
import { nativeOptions } from "../support/native.js";
import { fixture, root } from "../support/paths.js";
import { encode, readJson, referenceOf, worstError } from "../support/reference.js";

const options: NativeLoadOptions = { ...nativeOptions, threads: 2, mmap: true };

describe("the native addon", () => {
  test("says what the CPU has and which kernels it runs", () => {
    const { features, ggmlFeatures, blockProducts, rowProducts, attention } = loadAddon().cpu();
    expect(features.every((name) => /^(AVX|AMX|NEON)/.test(name))).toBe(true);
    expect(ggmlFeatures.length).toBeGreaterThan(0);
    expect(attention).not.toBe("");
    // A CPU without kernels for row scales uses those for block scales.
    expect(rowProducts === null).toBe(blockProducts === null);
    if (features.includes("AVX2") || features.includes("NEON dotprod")) expect(blockProducts).not.toBeNull();
  });

  // Tolerances: test/fixtures/README.md.
  test.each([
    ["tiny-f32", 5e-6],
    ["tiny-causal-f32", 5e-6],
    ["tiny-apart-f32", 5e-6],
    ["tiny-rope-factors-f32", 5e-6],
    ["tiny-heads-f32", 5e-6],
    ["tiny-tokens-f32", 5e-6],
    ["tiny-f16", 2e-3],
    ["tiny-q8_0", 4e-2],
    ["tiny-q4_0", 4e-2],
  ])("%s gives the reference's probabilities to within %d", async (name, allowed) => {
    const reference = referenceOf(fixture(name));
    const model = await loadAddon().load(fixture(name), options, null).promise;
    expect(worstError(await encode(model, reference), reference)).toBeLessThanOrEqual(allowed);
    expect(model.info).toMatchObject({ heads: reference.heads, labels: reference.labels });
    await model.dispose();
  });

  test.each(["tiny-f32", "tiny-rope-factors-f32", "tiny-heads-f32"])(
    "%s tokenizes words as the reference does",
    async (name) => {
      const words = readJson<Record<string, unknown>[]>(join(root, "test", "fixtures", "tokenizers.json"));
      const text = words.map(({ word }) => word).join("\n");
      const bounds: number[] = [];
      let at = 0;
      for (const { word } of words as { word: string }[]) {
        bounds.push(at, at + word.length);
        at += word.length + 1;
      }
      const model = await loadAddon().load(fixture(name), options, null).promise;
      const { tokens, offsets } = await model.tokenize(text, Uint32Array.from(bounds)).promise;
      const found = words.map(({ word }, index) => ({
        word,
        tokens: [...tokens.subarray(offsets[index], offsets[index + 1])],
      }));
      expect(found).toEqual(words.map((entry) => ({ word: entry["word"], tokens: entry[name] })));
      await model.dispose();
    },
  );

  test("known words are tokenized synchronously", async () => {
    const model = await loadAddon().load(fixture("tiny-f32"), options, null).promise;
    const text = "a tiny text of words, words".repeat(12);
    const bounds = Uint32Array.from(
      [...text.matchAll(/\w+|,/g)].flatMap(({ index, 0: word }) => [index, index + word.length]),
    );
    const tokens = new Int32Array(100_000);
    const offsets = new Uint32Array(bounds.length / 2 + 1);
    expect(model.tokenizeKnown(text, bounds, tokens, offsets)).toBe(false);
    const expected = await model.tokenize(text, bounds).promise;
    expect(model.tokenizeKnown(text, bounds, tokens, offsets)).toBe(true);
    expect(offsets).toEqual(expected.offsets);
    expect(tokens.subarray(0, offsets.at(-1))).toEqual(expected.tokens);

    const exact = new Int32Array(expected.tokens.length);
    expect(model.tokenizeKnown(text, bounds, exact, offsets)).toBe(true);
    expect(exact).toEqual(expected.tokens);
    expect(model.tokenizeKnown(text, bounds, exact.subarray(1), offsets)).toBe(false);
    expect(model.tokenizeKnown(text, bounds, exact, offsets.subarray(1))).toBe(false);
    expect(model.tokenizeKnown(text, Uint32Array.of(0, text.length + 1), tokens, offsets)).toBe(false);
    await model.dispose();
    expect(() => model.tokenizeKnown(text, bounds, tokens, offsets)).toThrow(
      expect.objectContaining({ code: "ERR_VANER_DISPOSED" }),
    );
  });

  test("cancel() affects its own job only, needs it as receiver, and does nothing afterwards", async () => {
    const { inspect } = loadAddon();
    const [first, second] = [inspect(fixture("tiny-f32")), inspect(fixture("tiny-f16"))];
    await first.promise;
    first.cancel();
    expect((await second.promise).path).toBe(fixture("tiny-f16"));
    const { cancel } = first;
    // From another realm than the TypeError of this file.
    const typeError = expect.objectContaining({ name: "TypeError" });
    expect(cancel).toThrow(typeError);
    expect(() => cancel.call({ ...first, id: "1" } as typeof first)).toThrow(typeError);
  });

  test("a cancelled job rejects as aborted and leaves the model usable", async () => {
    const model = await loadAddon().load(fixture("tiny-f32"), options, null).promise;
    const tokens = new Int32Array(400_000).fill(5);
    const offsets = Uint32Array.from({ length: tokens.length / 100 + 1 }, (_, sequence) => 100 * sequence);
    const none = new Uint32Array();
    const job = model.encode(tokens, offsets, none, offsets.slice(0, -1));
    job.cancel();
    job.cancel();
    await expect(job.promise).rejects.toMatchObject({ code: "ERR_VANER_ABORTED" });
    const after = await model.encode(Int32Array.of(1), Uint32Array.of(0, 1), none, Uint32Array.of(0)).promise;
    expect(after).toHaveLength(3);
    await model.dispose();
    await model.dispose();
  });

  test("reports versions and devices", () => {
    const { versions, devices } = loadAddon();
    expect(versions.llama).toMatch(/\d/);
    expect(versions.ggml).toMatch(/\d/);
    expect(devices()).toContainEqual(expect.objectContaining({ kind: "cpu", name: "CPU" }));
  });
});
