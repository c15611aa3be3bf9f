import { type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { type Ended, vaner, vanerPath } from "../support/cli.js";
import { fixture } from "../support/paths.js";
import { testExceptOnWindows, testOnLinux } from "../support/platforms.js";
import { serve, stopServers } from "../support/serve.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-stderr-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(stopServers);

/** Malformed documents, each with a note, more than a pipe holds notes of. */
const input = join(folder, "in.jsonl");
writeFileSync(input, '{"text":"gout"}\n{"no":"text"}\n'.repeat(2000));
const args = ["convert-corpus", input, "-o", "-", "--on-error", "skip"];

/** Runs `vaner` with a standard error that cannot be written. */
async function run(stderr: "gone" | number) {
  const stdio: StdioOptions = ["ignore", "pipe", stderr === "gone" ? "pipe" : stderr];
  const child = spawn(process.execPath, [vanerPath(), ...args], { stdio });
  if (stderr === "gone") child.stderr?.destroy();
  let stdout = "";
  child.stdout?.setEncoding("utf8").on("data", (piece) => (stdout += piece));
  const [code] = await once(child, "close");
  return { code, stdout };
}

let whole: Ended;
beforeAll(async () => {
  whole = await vaner(args);
  expect(whole).toMatchObject({ code: 0, stderr: expect.stringMatching(/(vaner: left out: .*\n){2000}/) });
});

test("a command does all its work where nobody reads its standard error", async () => {
  expect(await run("gone")).toEqual({ code: 0, stdout: whole.stdout });
});

testOnLinux("a command does all its work where standard error is a full disk, and fails", async () => {
  expect(await run(openSync("/dev/full", "w"))).toEqual({ code: 1, stdout: whole.stdout });
});

testExceptOnWindows("a server goes on where nobody reads its log any more", async () => {
  const { child, url, ended } = await serve("-m", fixture("tiny-f32"), "--log", "debug");
  child.stderr.destroy();
  for (let times = 0; times < 3; times++) expect((await fetch(`${url}/readyz`)).status).toBeLessThan(504);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});
