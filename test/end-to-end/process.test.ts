import { execFile } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "@jest/globals";
import { abstracts } from "../support/abstracts.js";
import { built, fixture, root } from "../support/paths.js";
import { slowness, testOnLinux } from "../support/platforms.js";

const run = promisify(execFile);

/** Runs a script in a new process, which has to end by itself. */
function node(...args: string[]) {
  return run(process.execPath, args, { cwd: root, timeout: 100_000 * slowness });
}

const text = JSON.stringify(abstracts.join(" "));
const model = JSON.stringify(fixture("tiny-f32"));

describe("the built package", () => {
  const use = `
    const recognizer = await Recognizer.load({ model: ${model} });
    console.log(JSON.stringify((await recognizer.recognize(${text})).length));
  `;

  test("can be imported, and the process ends without dispose()", async () => {
    const { stdout, stderr } = await node(
      "--input-type=module",
      "-e",
      `import { Recognizer } from "vaner-native"; ${use}`,
    );
    expect(Number(stdout)).toBeGreaterThan(10);
    expect(stderr).toBe("");
  });

  test("can be required, and the process ends without dispose()", async () => {
    const script = `const { Recognizer } = require("vaner-native"); (async () => { ${use} })();`;
    const { stdout, stderr } = await node("--input-type=commonjs", "-e", script);
    expect(Number(stdout)).toBeGreaterThan(10);
    expect(stderr).toBe("");
  });

  test("exports the same names both ways", async () => {
    const names = "console.log(Object.keys(vaner).filter((name) => name !== 'default').sort().join())";
    const imported = await node(
      "--input-type=module",
      "-e",
      `import * as vaner from "vaner-native"; ${names}`,
    );
    const required = await node(
      "--input-type=commonjs",
      "-e",
      `const vaner = require("vaner-native"); ${names}`,
    );
    expect(imported.stdout.trim()).toBe(
      "Recognizer,VanerError,convertAdapter,convertCheckpoint,devices,inspectModel,instructions,quantizeModel",
    );
    expect(required.stdout).toBe(imported.stdout);
  });

  test("process.exit() works while calls and loads are running", async () => {
    const script = `
      import { Recognizer } from "vaner-native";
      const recognizer = await Recognizer.load({ model: ${model} });
      recognizer.recognize(${text}.repeat(100)).catch(() => {});
      Recognizer.load({ model: ${model} }).catch(() => {});
      setTimeout(() => process.exit(7), 50);
    `;
    await expect(node("--input-type=module", "-e", script)).rejects.toMatchObject({ code: 7, signal: null });
  });
});

describe("CPU threads", () => {
  testOnLinux("are shared by all models of the process", async () => {
    const script = `
      import { readdirSync } from "node:fs";
      import { Recognizer } from ${JSON.stringify(pathToFileURL(built("index.js")).href)};
      const load = async (options) => {
        const recognizer = await Recognizer.load({ model: ${model}, threads: 2, ...options });
        await recognizer.recognize(${text});
        return recognizer;
      };
      const count = () => readdirSync("/proc/self/task").length;
      const recognizers = [await load()];
      const before = count();
      for (const options of [{}, {}, { int8: true }, { threads: 1 }]) recognizers.push(await load(options));
      const results = await Promise.all(recognizers.map((each) => each.recognize(${text}.repeat(20))));
      console.log(JSON.stringify({ before, after: count(), lengths: results.map(({ length }) => length) }));
    `;
    const { stdout } = await node("--input-type=module", "-e", script);
    const { before, after, lengths } = JSON.parse(stdout);
    expect(after).toBe(before);
    expect(new Set([lengths[0], lengths[1], lengths[2], lengths[4]]).size).toBe(1);
  });
});

describe("worker threads", () => {
  const source = (extra = "") => `
    const { parentPort } = require("node:worker_threads");
    (async () => {
      const { Recognizer } = await import(${JSON.stringify(pathToFileURL(built("index.js")).href)});
      const recognizer = await Recognizer.load({ model: ${model}, threads: 1 });
      parentPort.postMessage(await recognizer.recognize(${text}));
      ${extra}
    })();
  `;

  test("run concurrently with equal results, and end by themselves", async () => {
    const workers = Array.from({ length: 4 }, () => new Worker(source(), { eval: true }));
    const ends = workers.map((worker) => once(worker, "exit"));
    const results = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0]));
    expect(results[0].length).toBeGreaterThan(10);
    for (const result of results) expect(result).toEqual(results[0]);
    for (const [code] of await Promise.all(ends)) expect(code).toBe(0);
  });

  test("can be terminated while working, without affecting others", async () => {
    const endless = `for (;;) await recognizer.recognize(${text}.repeat(20));`;
    const workers = Array.from({ length: 3 }, () => new Worker(source(endless), { eval: true }));
    await Promise.all(workers.map((worker) => once(worker, "message")));
    await Promise.all(workers.map((worker) => worker.terminate()));
    const worker = new Worker(source(), { eval: true });
    expect((await once(worker, "message"))[0].length).toBeGreaterThan(10);
  });
});
