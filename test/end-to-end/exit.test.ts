import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { abstracts } from "../support/abstracts.js";
import { built, fixture, root } from "../support/paths.js";
import { testExceptOnWindows } from "../support/platforms.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-exit-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const library = JSON.stringify(pathToFileURL(built("index.js")).href);
const defaultModel = JSON.stringify(join(root, "models", "vaner-smollm2.gguf"));

/** Long enough for any of these scripts on a busy machine, and far less than work that nobody stopped would take. */
const limit = 45_000;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  /** Milliseconds between the last line on standard output and the end. */
  readonly late: number;
}

/** Runs a script that prints a line when it is about to end. */
async function run(script: string, kill?: NodeJS.Signals): Promise<Ended> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { cwd: root });
  let stderr = "";
  let ending = Date.now();
  child.stderr.setEncoding("utf8").on("data", (chunk) => (stderr += chunk));
  child.stdout.on("data", () => {
    ending = Date.now();
    if (kill) child.kill(kill);
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 2 * limit);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on("close", (...status) => resolve(status)),
  );
  clearTimeout(timer);
  return { code, signal, stderr, late: Date.now() - ending };
}

const models = {
  "two engines of one thread": `[{ threads: 1, int8: true }, { threads: 1, int8: false }]`,
  "eight engines of two threads": `["tiny-f32", "tiny-heads-f32", "tiny-apart-f32", "tiny-tokens-f32"].flatMap((name) =>
    [true, false].map((int8) => ({ threads: 2, int8, model: ${JSON.stringify(fixture("NAME"))}.replace("NAME", name) })))`,
};

const work = {
  idle: "",
  busy: `for (const each of recognizers) for (let i = 0; i < 5; i++) each.recognize(busyText).catch(() => {});`,
  disposed: `await Promise.all(recognizers.map((each) => each.dispose()));`,
  "partly disposed, and busy": `
    for (const each of recognizers) each.recognize(busyText).catch(() => {});
    for (const each of recognizers.filter((_, index) => index % 2)) each.dispose();`,
};

/** How the script ends, with the status or the signal that its parent sees. */
const ends = {
  naturally: ["", 0, /^$/],
  "by process.exit()": ["process.exit(7);", 7, /^$/],
  "by an exception": ['setImmediate(() => { throw new Error("meant to fail"); });', 1, /meant to fail/],
  "by SIGTERM": ["setInterval(() => {}, 1000);", "SIGTERM", /^$/],
} as const;

describe.each(Object.entries(models))("%s", (_, options) => {
  test.each(
    Object.entries(work).flatMap(([state, doing]) => Object.keys(ends).map((end) => [state, end, doing])),
  )("%s: the process ends %s", async (_state, end, doing) => {
    const [ending, status, message] = ends[end as keyof typeof ends];
    const script = `
      import { Recognizer } from ${library};
      const busyText = ${JSON.stringify(abstracts[0])}.repeat(${end === "naturally" ? 1 : 200});
      const recognizers = await Promise.all(${options}.map((each) => Recognizer.load(each)));
      await Promise.all(recognizers.map((each) => each.recognize("Aspirin.")));
      ${doing}
      console.log("ending");
      ${ending}
    `;
    const ended = await run(script, end === "by SIGTERM" ? "SIGTERM" : undefined);
    expect(ended.signal ?? ended.code).toBe(status);
    expect(ended.stderr).toMatch(message);
    // A process that ends by itself finishes the calls that run.
    if (end !== "naturally") expect(ended.late).toBeLessThan(limit);
  });
});

const jobs = {
  quantizing: `
    quantizeModel({ input: ${defaultModel}, output: path, type: "IQ4_XS", threads: 1 }).catch(() => {});`,
  loading: `
    for (let i = 1; i < 9; i++) Recognizer.load({ threads: i, int8: true, mmap: i % 2 > 0 }).catch(() => {});`,
  "tokenizing new words": `
    const recognizer = await Recognizer.load({ threads: 1 });
    let next = 0;
    const words = () => Array.from({ length: 100_000 }, () => "w" + (next++).toString(36)).join(" ");
    for (let i = 0; i < 8; i++) recognizer.recognize(words()).catch(() => {});`,
};

describe.each(Object.entries(jobs))("%s", (name, doing) => {
  test.each(["by process.exit()", "by an exception"] as const)("the process ends %s", async (end) => {
    const path = join(folder, `${name}.gguf`);
    const [ending, status, message] = ends[end];
    const script = `
      import { quantizeModel, Recognizer } from ${library};
      const path = ${JSON.stringify(path)};
      ${doing}
      setTimeout(() => { console.log("ending"); ${ending} }, 400);
    `;
    const ended = await run(script);
    expect(ended.signal ?? ended.code).toBe(status);
    expect(ended.stderr).toMatch(message);
    expect(ended.late).toBeLessThan(limit);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("workers end with the process, busy or idle", async () => {
  const source = (busy: boolean) => `
    Promise.all([import("node:worker_threads"), import(${library})]).then(async ([{ parentPort }, { Recognizer }]) => {
      const recognizer = await Recognizer.load({ model: ${JSON.stringify(fixture("tiny-f32"))}, threads: 1, int8: ${busy} });
      await recognizer.recognize("Aspirin.");
      parentPort.postMessage("ready");
      for (;${busy};) await recognizer.recognize(${JSON.stringify(abstracts[0])}.repeat(20));
      setInterval(() => {}, 1000);
    });
  `;
  const script = `
    import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    const workers = ${JSON.stringify([source(true), source(false), source(true)])}.map((each) => new Worker(each, { eval: true }));
    await Promise.all(workers.map((each) => once(each, "message")));
    console.log("ending");
    process.exit(7);
  `;
  const ended = await run(script);
  expect(ended).toMatchObject({ code: 7, signal: null, stderr: "" });
  expect(ended.late).toBeLessThan(limit);
});

testExceptOnWindows(
  "SIGKILL and SIGINT in the middle leave nothing that blocks the next process",
  async () => {
    for (const signal of ["SIGKILL", "SIGINT"] as const) {
      const script = `
      import { Recognizer } from ${library};
      const recognizer = await Recognizer.load({ model: ${JSON.stringify(fixture("tiny-f32"))} });
      console.log("ending");
      for (;;) await recognizer.recognize("Aspirin. ".repeat(1000));
    `;
      expect(await run(script, signal)).toMatchObject({ code: null, signal, stderr: "" });
    }
  },
);
