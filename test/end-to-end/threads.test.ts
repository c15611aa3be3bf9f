import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "@jest/globals";
import { availableThreads } from "../../lib/available-threads.js";
import { abstracts } from "../support/abstracts.js";
import { type Cgroup, makeCgroup, setCpuQuota } from "../support/cgroups.js";
import { onTestFinished } from "../support/cleanup.js";
import { runLimited } from "../support/limited-process.js";
import { built, fixture } from "../support/paths.js";

const folder = mkdtempSync(join(tmpdir(), "vaner-threads-"));
chmodSync(folder, 0o777); // other users write there
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const library = JSON.stringify(pathToFileURL(built("index.js")).href);
const model = JSON.stringify(fixture("tiny-f32"));

/** Recognizes texts with threads of three counts: none is to be had, one, as many as wanted. */
const script = `
  import { readdirSync } from "node:fs";
  import { stat } from "node:fs/promises";
  import { quantizeModel, Recognizer } from ${library};
  const threads = () => readdirSync("/proc/self/task").length;
  const outcome = (promise) => promise.then(() => "done", (error) => error.code ?? String(error));
  const load = () => Recognizer.load({ model: ${model}, threads: 3, int8: true });
  const recognize = (recognizer) => recognizer.recognizeBatch(${JSON.stringify(abstracts)});
  await Promise.all(Array.from({ length: 16 }, () => stat("."))); // starts the threads of libuv
  await limited();
  const output = ${JSON.stringify(join(folder, "OUTPUT"))};
  const quantized = await outcome(quantizeModel({ input: ${model}, output, type: "Q8_0", threads: 2 }));
  const without = await outcome(load());
  await limited();
  const before = threads();
  const few = await load();
  const withOne = { threads: threads() - before, found: JSON.stringify(await recognize(few)) };
  await few.dispose();
  await limited();
  const many = await load();
  const withAll = { threads: threads() - before, found: JSON.stringify(await recognize(many)) };
  console.log(JSON.stringify({ quantized, without, withOne, withAll }));
`;

const threadsOf = (pid: number) => readdirSync(`/proc/${pid}/task`).length;

/** Runs the script with a limit that is set to so many threads more than it has. */
async function expectTypedErrors(
  name: string,
  wrapper: readonly string[],
  limit: (pid: number, threads: number) => void,
): Promise<void> {
  const { stdout, ...ended } = await runLimited(
    script.replace("OUTPUT", `${name}.gguf`),
    [0, 1, 100].map((more) => (pid) => limit(pid, threadsOf(pid) + more)),
    { wrapper },
  );
  expect({ ...ended, stdout }).toEqual({
    code: 0,
    signal: null,
    stderr: "ready\n".repeat(3),
    stdout: expect.stringMatching(/^\{.*\}\n$/),
  });
  const { quantized, without, withOne, withAll } = JSON.parse(stdout);
  // On one CPU, quantizing starts no thread.
  expect(quantized).toBe(availableParallelism() > 1 ? "ERR_VANER_OUT_OF_MEMORY" : "done");
  expect(without).toBe("ERR_VANER_OUT_OF_MEMORY");
  expect([withOne.threads, withAll.threads]).toEqual([1, 3]);
  expect(withOne.found.length).toBeGreaterThan(1000);
  expect(withAll.found).toBe(withOne.found);
}

/** In front of a process that RLIMIT_NPROC binds, which root is free of. Nobody else has this user. */
const asUser = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"];
const succeeds = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const canGroup = (controller: "cpu" | "pids") => {
  const group = makeCgroup(controller);
  group?.remove();
  return group !== undefined;
};

/** A test, or its absence with a word. */
function testIf(can: boolean, lack: string) {
  if (!can) process.stderr.write(`${lack}: the test of it is skipped.\n`);
  return can ? test : test.skip;
}

const canBeUser = succeeds("env", ...asUser, process.execPath, built("cli", "main.cjs"), "--version");
const testAsUser = testIf(canBeUser, "Only root can be another user, whose threads are limited");
const testInThreadGroup = testIf(canGroup("pids"), "No control group limits threads here");
const severalCpus = availableThreads() > 1;
const testInCpuGroup = testIf(
  severalCpus && canGroup("cpu"),
  "No control group limits one of several CPUs here",
);
const testOfAffinity = testIf(severalCpus && succeeds("taskset", "--version"), "No taskset, or a single CPU");

describe("threads that are not to be had", () => {
  testAsUser("by RLIMIT_NPROC: errors with a code, and one thread finds the same as several", async () => {
    await expectTypedErrors("user", asUser, (pid, threads) => {
      execFileSync("env", [...asUser, "prlimit", "--pid", `${pid}`, `--nproc=${threads}:`]); // the soft limit
    });
  });

  testInThreadGroup("by a control group: the same", async () => {
    const group = makeCgroup("pids") as Cgroup;
    onTestFinished(() => group.remove());
    await expectTypedErrors("group", group.wrapper, (_pid, threads) => group.set("pids.max", `${threads}`));
  });
});

/** Threads that a process starts for a model. */
function threadsUnder(...wrapper: readonly string[]): number {
  const source = `
    import { readdirSync } from "node:fs";
    import { stat } from "node:fs/promises";
    import { Recognizer } from ${library};
    const threads = () => readdirSync("/proc/self/task").length;
    await Promise.all(Array.from({ length: 16 }, () => stat(".")));
    const before = threads();
    const recognizer = await Recognizer.load({ model: ${model} });
    await recognizer.recognize("Aspirin can cause asthma.");
    console.log(threads() - before);
  `;
  const args = [...wrapper, process.execPath, "--input-type=module", "-e", source];
  const { status, stdout, stderr } = spawnSync("env", args, { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return Number(stdout);
}

describe("a model has as many threads", () => {
  testOfAffinity("as the affinity mask has CPUs", () => {
    const status = readFileSync("/proc/self/status", "utf8");
    const [, cpu = ""] = /^Cpus_allowed_list:\s*(\d+)/m.exec(status) ?? [];
    expect(threadsUnder()).toBe(availableThreads());
    expect(threadsUnder("taskset", "--cpu-list", cpu)).toBe(1);
  });

  testInCpuGroup("as the quota of a control group has whole CPUs, and at least one", () => {
    const group = makeCgroup("cpu") as Cgroup;
    onTestFinished(() => group.remove());
    for (const [cpus, expected] of [
      [0.5, 1],
      [1.5, 1],
      [2, 2],
    ] as const) {
      setCpuQuota(group, cpus);
      expect(threadsUnder(...group.wrapper)).toBe(expected);
    }
  });
});
