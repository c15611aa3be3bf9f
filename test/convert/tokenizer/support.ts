import { mkdtempSync, readFileSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "@jest/globals";
import fc from "fast-check";
import type { NativeModel } from "../../../lib/binding/native-addon.js";
import { readTokenizer } from "../../../lib/convert/tokenizer/index.js";
import {
  bool,
  f32,
  type GgufEntry,
  type GgufValue,
  string,
  strings,
  u32,
} from "../../../lib/gguf/metadata.js";
import { openGgufWriter, type TensorPlan } from "../../../lib/gguf/writer.js";
import { loadNative } from "../../support/native.js";
import { root } from "../../support/paths.js";

const fixtures = join(root, "test", "fixtures", "tokenizer-folders");

/** A file of `test/fixtures/tokenizer-folders`. */
export function tokenizerFixture(...path: string[]): string {
  return join(fixtures, ...path);
}

export function readFixture<T>(...path: string[]): T {
  return JSON.parse(readFileSync(tokenizerFixture(...path), "utf8"));
}

/** Embedding rows in a fixture's config.json: three more than tokens. */
export function rowsOf(name: string): number {
  return readFixture<{ vocab_size: number }>(name, "config.json").vocab_size;
}

const scratch = mkdtempSync(join(tmpdir(), "vaner-tokenizer-"));
afterAll(() => rm(scratch, { recursive: true }));

/** A new folder, removed after this test file. */
export function scratchFolder(): Promise<string> {
  return mkdtemp(join(scratch, "checkpoint-"));
}

/** Content of JSON files, for tests to change. */
// biome-ignore lint/suspicious/noExplicitAny: tests know the structure
export type Json = any;

/**
 * A copy of a fixture's folder with some files changed.
 * @param changes file name -> a function that changes the JSON content, or null to omit the file
 */
export async function changed(
  name: string,
  changes: Record<string, ((content: Json) => unknown) | null>,
): Promise<string> {
  const folder = await scratchFolder();
  const filter = (path: string) => !path.endsWith("tokens.json");
  await cp(tokenizerFixture(name), folder, { recursive: true, filter });
  for (const [file, change] of Object.entries(changes)) {
    const path = join(folder, file);
    if (!change) {
      await rm(path);
      continue;
    }
    const content = JSON.parse(await readFile(path, "utf8").catch(() => "{}"));
    change(content);
    await writeFile(path, JSON.stringify(content));
  }
  return folder;
}

/**
 * A copy of an encoder's checkpoint without its weights, with some files changed.
 * @param changes file name -> a function that changes the JSON content, or the content
 */
export async function encoderFolder(
  name: string,
  changes: Record<string, ((content: Json) => unknown) | Uint8Array> = {},
): Promise<string> {
  const folder = await scratchFolder();
  const filter = (path: string) => !/\.(safetensors|bin)$/.test(path);
  await cp(join(root, "test", "fixtures", "encoders", name, "checkpoint"), folder, {
    recursive: true,
    filter,
  });
  for (const [file, change] of Object.entries(changes)) {
    const path = join(folder, file);
    if (typeof change !== "function") {
      await writeFile(path, change);
      continue;
    }
    const content = JSON.parse(await readFile(path, "utf8").catch(() => "{}"));
    change(content);
    await writeFile(path, JSON.stringify(content));
  }
  return folder;
}

/** Removes, overwrites, inserts and repeats bytes. */
export function mutated(original: Uint8Array): fc.Arbitrary<Uint8Array> {
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

/** Expects the metadata of a vocabulary that the engine takes. */
export function expectValid(entries: readonly GgufEntry[], rows: number): void {
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

/** Metadata of a converted tokenizer; keys without `tokenizer.ggml.`. */
export async function converted(folder: string, rows: number): Promise<Record<string, GgufValue["value"]>> {
  const { entries } = await readTokenizer(folder, rows);
  return Object.fromEntries(entries.map(([key, { value }]) => [key.replace("tokenizer.ggml.", ""), value]));
}

/** Loads a minimal model with this tokenizer. */
export async function loadWith(tokenizer: readonly GgufEntry[], rows: number): Promise<NativeModel> {
  const width = 32;
  const arch = "llama-embed";
  const entries: GgufEntry[] = [
    ["general.architecture", string(arch)],
    [`${arch}.context_length`, u32(512)],
    [`${arch}.embedding_length`, u32(width)],
    [`${arch}.block_count`, u32(1)],
    [`${arch}.feed_forward_length`, u32(width)],
    [`${arch}.attention.head_count`, u32(1)],
    [`${arch}.attention.layer_norm_rms_epsilon`, f32(1e-5)],
    [`${arch}.attention.causal`, bool(false)],
    [`${arch}.classifier.output_labels`, strings(["O", "B", "I"])],
    ["vaner.format", u32(1)],
    ["vaner.heads", strings(["*"])],
    ["vaner.max_tokens", u32(128)],
    ...tokenizer,
  ];
  const square = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
  const shapes: [string, number[]][] = [
    ["token_embd", [width, rows]],
    ["output_norm", [width]],
    ["cls.output", [width, 3]],
    ...square.map((name): [string, number[]] => [`blk.0.${name}`, [width, width]]),
    ["blk.0.attn_norm", [width]],
    ["blk.0.ffn_norm", [width]],
  ];
  const tensors = shapes.map(([name, shape]): TensorPlan => ({ name: `${name}.weight`, type: "F32", shape }));
  const path = join(await scratchFolder(), "model.gguf");
  await using writer = await openGgufWriter(path, { entries, tensors });
  for (const { shape } of tensors) {
    await writer.write(new Uint8Array(4 * shape.reduce((product, extent) => product * extent)));
  }
  await writer.commit();
  return loadNative(path);
}

/** The tokens of each word. */
export async function tokensOf(model: NativeModel, words: readonly string[]): Promise<number[][]> {
  let end = 0;
  const bounds = words.flatMap((word) => {
    const start = end;
    end += word.length;
    return [start, end];
  });
  const { tokens, offsets } = await model.tokenize(words.join(""), Uint32Array.from(bounds)).promise;
  return words.map((_, word) => [...tokens.subarray(offsets[word], offsets[word + 1])]);
}
