import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { root } from "../support/paths.js";

const levels = process.arch === "arm64" ? ["i8mm", "dotprod"] : ["amx", "avx512", "avxvnni", "avx2"];

// Without kernels of ours for products (none; neon) the order of sums depends on the batch: docs/api.md.
test.each(levels)("%s: the same bits alone, in any batch, and from any thread", (level) => {
  const script = join(root, "test", "golden", "same-bits.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    encoding: "utf8",
    env: { ...process.env, VANER_CPU: level },
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
});
