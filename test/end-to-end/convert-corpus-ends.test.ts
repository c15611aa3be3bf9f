import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, expect } from "@jest/globals";
import { vaner, vanerPath } from "../support/cli.js";
import { testExceptOnWindows } from "../support/platforms.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-corpus-ends-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Takes some seconds. */
const input = join(folder, "in.txt");
writeFileSync(input, "Aspirin can cause asthma.\n".repeat(30_000));
const args = (output: string) => ["convert-corpus", input, "--input-format", "lines", "-o", output];

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(folder, "case-"));
});

/** Starts to convert, and waits until something is written. */
async function begin(output: string) {
  const child = spawn(process.execPath, [vanerPath(), ...args(output)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (piece) => (stderr += piece));
  const ended = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stderr })),
  );
  const partial = `${output}.partial`;
  while (!existsSync(partial) || statSync(partial).size === 0) await sleep(5);
  return { child, ended };
}

testExceptOnWindows.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s ends it, and nothing is lost",
  async (name) => {
    const output = join(place, "out.jsonl");
    const { child, ended } = await begin(output);
    child.kill(name);
    expect(await ended).toEqual({
      code: 1,
      signal: null,
      stderr: expect.stringContaining(`stopped by ${name}; the same command with --resume goes on there`),
    });
    expect(existsSync(output)).toBe(false);
    expect(await vaner([...args(output), "--resume"])).toMatchObject({ code: 0 });
    const whole = join(place, "whole.jsonl");
    expect(await vaner(args(whole))).toMatchObject({ code: 0 });
    expect(readFileSync(output).equals(readFileSync(whole))).toBe(true);
  },
);

testExceptOnWindows("the folder of the output is removed under it", async () => {
  const out = join(place, "out");
  mkdirSync(out);
  const { ended } = await begin(join(out, "out.jsonl"));
  renameSync(out, `${out}.gone`); // else files may come while it is emptied
  rmSync(`${out}.gone`, { recursive: true });
  const { code, stderr } = await ended;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^vaner: The file .* cannot be written: ENOENT.*\(ERR_VANER_OUTPUT\)\n$/s),
  });
});
