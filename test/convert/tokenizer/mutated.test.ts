import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { types } from "node:util";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readTokenizer } from "../../../lib/convert/tokenizer/index.js";
import { VanerError } from "../../../lib/errors.js";
import { loadWith, rowsOf, scratchFolder, tokenizerFixture } from "./support.js";

/** Removes, overwrites, inserts and repeats bytes. */
function mutated(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(original.length);
  const piece = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom('"', "[", "null", "-1", "1e99", '"\\ud800"', ",", "{").map((text) => Buffer.from(text)),
  );
  const mutation = fc.tuple(at, fc.oneof(fc.nat(16), at), fc.oneof(piece, fc.constant(new Uint8Array())));
  return fc
    .array(mutation, { minLength: 1, maxLength: 3 })
    .map((mutations) =>
      mutations.reduce<Uint8Array>(
        (bytes, [start, length, inserted]) =>
          Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start + length)]),
        original,
      ),
    );
}

describe.each([
  ["llama-2", "tokenizer.model", []],
  ["llama-2", "tokenizer.json", ["tokenizer.model"]],
  ["llama-3", "tokenizer.json", []],
  ["llama-3", "tokenizer_config.json", []],
])("%s with a damaged %s", (name, damaged, leftOut) => {
  test("converts to a model that loads, or fails with a VanerError", async () => {
    const folder = await scratchFolder();
    const files = ["config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model"];
    await mkdir(folder, { recursive: true });
    for (const file of files.filter((file) => !(leftOut as string[]).includes(file))) {
      const original = read(name, file);
      if (original) await writeFile(join(folder, file), original);
    }
    const original = read(name, damaged) as Uint8Array;
    const rows = rowsOf(name);
    await fc.assert(
      fc.asyncProperty(mutated(original), async (bytes) => {
        await writeFile(join(folder, damaged), bytes);
        const result = await readTokenizer(folder, rows).catch((error: unknown) => error);
        if (types.isNativeError(result)) {
          expect(result).toBeInstanceOf(VanerError);
          expect(result).toMatchObject({ code: "ERR_VANER_CHECKPOINT" });
          return;
        }
        const { entries } = result as Awaited<ReturnType<typeof readTokenizer>>;
        expectValid(entries, rows);
        const model = await loadWith(entries, rows);
        expect(model.info.vocabularySize).toBe(rows);
        await model.dispose();
      }),
      { numRuns: 40 },
    );
  });
});

function expectValid(entries: Awaited<ReturnType<typeof readTokenizer>>["entries"], rows: number): void {
  const values = Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
  const tokens = values["tokenizer.ggml.tokens"] as string[];
  expect(tokens.length).toBe(rows);
  expect(new Set(tokens).size).toBe(rows);
  expect(values["tokenizer.ggml.token_type"]).toHaveLength(rows);
  for (const [key, { type, value }] of entries) {
    if (key.endsWith("_token_id")) expect(type === "u32" && value < rows).toBe(true);
    if (type === "f32s") expect(value.every(Number.isFinite)).toBe(true);
  }
}

function read(name: string, file: string): Uint8Array | undefined {
  try {
    return readFileSync(tokenizerFixture(name, file));
  } catch {
    return undefined;
  }
}
