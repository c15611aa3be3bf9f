import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { addonPath } from "../../lib/binding/loader.js";
import { fixture, root } from "../support/paths.js";

const run = promisify(execFile);

test("every function of the addon answers wrong arguments with typed errors, in all environments", async () => {
  const script = join(root, "test", "support", "doorway.mjs");
  const { stdout } = await run(process.execPath, [
    script,
    addonPath(),
    dirname(fixture("tiny-f32")),
    "150",
    "1",
  ]);
  const results: { calls: Record<string, number>; wrong: string[] }[] = JSON.parse(stdout);
  expect(results).toHaveLength(3);
  for (const { calls, wrong } of results) {
    expect(wrong).toEqual([]);
    for (const number of Object.values(calls)) expect(number).toBeGreaterThanOrEqual(150);
  }
});
