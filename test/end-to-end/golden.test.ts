import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { root } from "../support/paths.js";

const levels = process.arch === "arm64" ? ["dotprod", "neon", "none"] : ["avx512", "avxvnni", "avx2", "none"];

/** Compares with the golden file what a process of its own finds in its texts. */
function check(env: NodeJS.ProcessEnv = {}) {
  const script = join(root, "test", "golden", "recognize.mjs");
  const { stdout, stderr } = spawnSync(process.execPath, [script], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  expect(stderr).toBe("");
  const { areSameKernels, difference } = JSON.parse(stdout);
  const { entities, missing, added, worstScore, meanScore } = difference;
  expect(entities).toBeGreaterThan(900);
  // Each kernel set rounds to 8 bits at other places. The bounds are twice what was measured: docs/kernels.md.
  expect(missing + added).toBeLessThanOrEqual(areSameKernels ? 0 : 0.025 * entities);
  expect(worstScore).toBeLessThanOrEqual(areSameKernels ? 2e-4 : 0.3);
  expect(meanScore).toBeLessThanOrEqual(areSameKernels ? 1e-5 : 0.01);
}

// `npm run golden` writes the file anew.
describe("the default model finds what the golden file says", () => {
  test("in 200 texts, with the kernels of this CPU", () => check());

  test.each(levels)("in 200 texts, with those of %s", (level) => check({ VANER_CPU: level }));
});
