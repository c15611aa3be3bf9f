import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { root } from "../support/paths.js";

const levels = process.arch === "arm64" ? ["dotprod", "neon", "none"] : ["avx512", "avxvnni", "avx2", "none"];

/** Compares with the golden file what a process of its own finds in every n-th text. */
function check(every: number, env: NodeJS.ProcessEnv = {}) {
  const script = join(root, "test", "golden", "recognize.mjs");
  const { stdout, stderr } = spawnSync(process.execPath, [script, String(every)], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  expect(stderr).toBe("");
  const { areSameKernels, difference } = JSON.parse(stdout);
  const { entities, missing, added, worstScore, meanScore } = difference;
  expect(entities).toBeGreaterThan(900 / every);
  // Each kernel set rounds to 8 bits at other places. The bounds are twice what was measured: docs/kernels.md.
  expect(missing + added).toBeLessThanOrEqual(areSameKernels ? 0 : 0.025 * entities);
  expect(worstScore).toBeLessThanOrEqual(areSameKernels ? 2e-4 : 0.3);
  expect(meanScore).toBeLessThanOrEqual(areSameKernels ? 1e-5 : 0.01);
}

// `npm run golden` writes the file anew.
describe("the default model finds what the golden file says", () => {
  test("in 200 texts, with the kernels of this CPU", () => check(1));

  test.each(levels)("in every fifth, with those of %s", (level) => check(5, { VANER_CPU: level }));
});
