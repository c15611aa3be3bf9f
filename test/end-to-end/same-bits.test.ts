import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { fixture, root } from "../support/paths.js";

const levels = process.arch === "arm64" ? ["i8mm", "dotprod"] : ["amx", "avx512", "avxvnni", "avx2"];
const models = {
  "the default model": [],
  BERT: [fixture("tiny-bert-f32")],
  ModernBERT: [fixture("tiny-modernbert-f32")],
  "XLM-RoBERTa": [fixture("tiny-unigram-f32")],
  Qwen: [fixture("tiny-qwen3-f32")],
};

// Without kernels of ours for products (none; neon) the order of sums depends on the batch: docs/api.md.
describe.each(Object.entries(models))("%s", (_, args) => {
  test.each(levels)("%s: the same bits alone, in any batch, and from any thread", (level) => {
    const script = join(root, "test", "golden", "same-bits.mjs");
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      encoding: "utf8",
      env: { ...process.env, VANER_CPU: level },
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
