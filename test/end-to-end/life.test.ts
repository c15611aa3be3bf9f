import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { root } from "../support/paths.js";

// `npm run soak` does the same many times more.
test.each([
  "aborts",
  "reloads",
  "disposals",
  "terminations",
  "callbacks",
  "streams",
  "copies",
  "forks",
  "sentences",
])("%s at any moment: every outcome is as documented, and nothing grows", async (scenario) => {
  const script = join(root, "test", "soak", "run.mjs");
  const child = spawn(process.execPath, [script, "--quick", scenario], { cwd: root });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => (output += chunk));
  }
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^\{"scenario":.*\}\n$/) });
});
