import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { writePlainLlama } from "../../benchmark/peers/plain-llama.js";
import { aligned, encodeHeader, type TensorPlan } from "../../lib/gguf/header.js";
import { bool, type GgufEntry, string, strings, u32 } from "../../lib/gguf/metadata.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-plain-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, entries: readonly GgufEntry[], tensors: readonly TensorPlan[], fills: number[]) {
  const data = tensors.map((tensor, index) => {
    const bytes = 4 * tensor.shape.reduce((product, extent) => product * extent, 1);
    return Buffer.alloc(aligned(bytes)).fill(fills[index] as number, 0, bytes);
  });
  writeFileSync(path, Buffer.concat([encodeHeader(entries, tensors), ...data]));
}

it("drops the head and its metadata, and keeps everything else", () => {
  const tensor = (name: string, ...shape: number[]): TensorPlan => ({ name, type: "F32", shape });
  const tokens: GgufEntry = ["tokenizer.ggml.tokens", strings(["a", "bc", "αβ"])];
  const [from, to, expected] = ["from", "to", "expected"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  write(
    from,
    [
      ["general.architecture", string("llama-embed")],
      ["llama-embed.block_count", u32(1)],
      ["llama-embed.attention.causal", bool(false)],
      ["llama-embed.classifier.output_labels", strings(["O", "B", "I"])],
      ["vaner.format", u32(1)],
      tokens,
    ],
    [tensor("token_embd.weight", 8, 3), tensor("cls.output.bias", 3), tensor("blk.0.attn_norm.weight", 5)],
    [1, 2, 3],
  );
  write(
    expected,
    [["general.architecture", string("llama")], ["llama.block_count", u32(1)], tokens],
    [tensor("token_embd.weight", 8, 3), tensor("blk.0.attn_norm.weight", 5)],
    [1, 3],
  );
  writePlainLlama(from, to);
  expect(readFileSync(to).equals(readFileSync(expected))).toBe(true);
});
