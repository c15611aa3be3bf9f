import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
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
import { fixture } from "../support/paths.js";
import { testExceptOnWindows, testOnLinux } from "../support/platforms.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-ends-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const input = join(folder, "in.txt");
writeFileSync(
  input,
  Array.from({ length: 4000 }, (_, index) => `Aspirin can cause asthma in case ${index}.\n`).join(""),
);
const common = [input, "-m", fixture("tiny-f32"), "--input-format", "lines", "--threads", "1"];

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(folder, "case-"));
});

/** Runs `vaner annotate`, with a program in front of it or not. */
function start(args: readonly string[], wrapper: readonly string[] = []) {
  const [program = "", ...rest] = [...wrapper, process.execPath, vanerPath(), "annotate", ...common, ...args];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (piece) => (stderr += piece));
  const ended = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stderr })),
  );
  return { child, ended };
}

/** Waits until a file has something. */
async function begun(path: string): Promise<void> {
  while (!existsSync(path) || statSync(path).size === 0) await sleep(5);
}

async function expectResumable(args: readonly string[], output: string): Promise<void> {
  expect(await vaner(["annotate", ...common, ...args, "--resume"])).toMatchObject({ code: 0 });
  const whole = join(place, "whole.jsonl");
  expect(await vaner(["annotate", ...common, "-o", whole])).toMatchObject({ code: 0 });
  expect(readFileSync(output).equals(readFileSync(whole))).toBe(true);
}

testExceptOnWindows("Ctrl-C twice ends it at once, and nothing is lost", async () => {
  const output = join(place, "out.jsonl");
  const { child, ended } = start(["-o", output]);
  await begun(`${output}.partial`);
  child.kill("SIGINT");
  child.kill("SIGINT");
  const { code, signal, stderr } = await ended;
  // The first one may have ended it already.
  const message = "vaner: stopped by SIGINT; the same command with --resume goes on there\n";
  if (signal === null) expect({ code, stderr }).toEqual({ code: 1, stderr: message });
  else expect(signal).toBe("SIGINT");
  expect(existsSync(output)).toBe(false);
  await expectResumable(["-o", output], output);
});

testExceptOnWindows("Ctrl-C ends it while standard input is silent", async () => {
  const args = ["annotate", "-", "-o", "-", "--input-format", "lines", "-m", fixture("tiny-f32")];
  const child = spawn(process.execPath, [vanerPath(), ...args], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.write("Aspirin can cause asthma.\n".repeat(3000));
  await once(child.stdout, "data");
  child.kill("SIGINT");
  let stderr = "";
  child.stderr.on("data", (piece) => (stderr += piece));
  child.stdout.resume();
  expect(await once(child, "close")).toEqual([1, null]);
  expect(stderr).toBe("vaner: stopped by SIGINT\n");
});

testExceptOnWindows.each([
  ["jsonl", "out.jsonl"],
  ["brat", "."],
])("the folder of the output is removed under it: %s", async (format, name) => {
  const out = join(place, "out");
  mkdirSync(out);
  const { ended } = start(["-o", join(out, name), "--output-format", format]);
  if (format === "brat") while (readdirSync(out).length < 3) await sleep(5);
  else await begun(join(out, "out.jsonl.partial"));
  renameSync(out, `${out}.gone`); // else files may come while it is emptied
  rmSync(`${out}.gone`, { recursive: true });
  const { code, stderr } = await ended;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^vaner: The file .* cannot be written: ENOENT.*\(ERR_VANER_OUTPUT\)\n$/s),
  });
});

testExceptOnWindows("a reader that has read enough, as head, is a silent success", async () => {
  const { child, ended } = start(["-o", "-"]);
  let read = "";
  for await (const piece of child.stdout.setEncoding("utf8")) {
    read += piece;
    if (read.includes("\n")) break; // closes the pipe
  }
  expect(JSON.parse(read.split("\n")[0] ?? "")).toMatchObject({ id: "in:1" });
  expect(await ended).toEqual({ code: 0, signal: null, stderr: "" });
});

testOnLinux("a terminal sees how far it is, and how fast", async () => {
  const command = [process.execPath, vanerPath(), "annotate", ...common, "-o", join(place, "out.jsonl")];
  const wrapper = ["--quiet", "--return", "--command", command.join(" "), "/dev/null"];
  const { stdout } = spawnSync("script", wrapper, { encoding: "utf8" });
  expect(stdout).toMatch(/annotating \S+ [1-9]\d? % \| \d+s left \| [1-9][\d,]* documents, \d+\.\d a second/);
  expect(stdout).toContain("100 % | 0s left | 4,000 documents");
  expect(stdout).not.toMatch(/INF|NULL|LL/);
});

testOnLinux("a full disk is an error, and it can go on with more room", async () => {
  const output = join(place, "out.jsonl");
  // A limit of bytes a file fails as a full disk does.
  const { ended } = start(["-o", output], ["prlimit", "--fsize=100000"]);
  const { code, stderr } = await ended;
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/ERR_VANER_OUTPUT/) });
  expect(existsSync(output)).toBe(false);
  await expectResumable(["-o", output], output);
});
