import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { abstracts } from "../support/abstracts.js";
import { type Ended, runLimited } from "../support/limited-process.js";
import { built, fixture } from "../support/paths.js";

/** prlimit sets the limit of a process that runs: before that, Node.js itself has what it needs. */
const hasLimits = (() => {
  try {
    execFileSync("prlimit", ["--version"]);
    return process.platform === "linux";
  } catch {
    return false;
  }
})();
const describeWithLimits = hasLimits ? describe : describe.skip;

const library = JSON.stringify(pathToFileURL(built("index.js")).href);

/**
 * Memory of malloc for small blocks, which it has before the limit: V8's collector does not check its own malloc and
 * ends the process by SIGSEGV (seen in `Worklist::PublishPushSegment`). Blocks from 128 KiB on are mapped, and so limited.
 */
const mallocReserve = {
  MALLOC_TOP_PAD_: `${32 * 2 ** 20}`,
  MALLOC_TRIM_THRESHOLD_: `${2 ** 30}`,
  MALLOC_MMAP_THRESHOLD_: `${128 * 2 ** 10}`,
};

/**
 * Runs a script that has `limited()`: from there on it may map only `more` bytes of memory.
 * @returns how it ended; its output is one line for each outcome
 */
async function runWith(more: number, script: string): Promise<Ended> {
  const source = `
    import { stat } from "node:fs/promises";
    import { Recognizer } from ${library};
    const text = ${JSON.stringify(abstracts.join(" "))};
    // The kernel answers a stack that cannot grow with SIGSEGV (setrlimit(2)): it grows before.
    const grow = (depth) => (depth > 0 ? grow(depth - 1) + 1 : 0);
    grow(7000);
    // libuv aborts where it cannot start its threads, which it does for the first work.
    await stat(".");
    const report = (promise) => promise.then(() => console.log("done"), (error) => console.log(error.code ?? error));
    ${script}
  `;
  const limit = (pid: number) => {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[0]);
    execFileSync("prlimit", ["--pid", String(pid), `--as=${pages * 4096 + more}`]);
  };
  return runLimited(source, [limit], { env: mallocReserve });
}

/** Nobody can catch V8's own lack of memory, which says so; everything else is an error with a code. */
function expectTyped({ code, signal, stdout, stderr }: Ended): string[] {
  const outcomes = stdout.trim().split("\n");
  if (/FATAL ERROR|Fatal process out of memory|Check failed|node::|v8::/.test(stderr)) return [];
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "ready\n" });
  for (const outcome of outcomes) expect(["done", "ERR_VANER_OUT_OF_MEMORY"]).toContain(outcome);
  return outcomes;
}

const mebibyte = 2 ** 20;

describeWithLimits("too little memory", () => {
  test("to load a model: an error with a code, and the next smaller one loads", async () => {
    const seen = new Set<string>();
    for (const more of [5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 48, 80, 112, 144, 176, 512]) {
      const ended = await runWith(
        more * mebibyte,
        `await limited();
         await report(Recognizer.load({ threads: 1, mmap: ${more % 3 === 0} }));
         await report(Recognizer.load({ threads: 1, model: ${JSON.stringify(fixture("tiny-f32"))} }));`,
      );
      for (const outcome of expectTyped(ended)) seen.add(outcome);
    }
    expect(seen).toEqual(new Set(["done", "ERR_VANER_OUT_OF_MEMORY"]));
  });

  test("in the middle of calls: errors with a code", async () => {
    let typed = 0;
    for (const more of [0, 1, 2, 4, 8, 16, 64]) {
      const ended = await runWith(
        more * mebibyte,
        `const recognizer = await Recognizer.load({ threads: 2 });
         await limited();
         await Promise.all([1, 2, 3, 4].map((i) => report(recognizer.recognize(text.repeat(2 * i)))));
         await report(recognizer.recognize("Aspirin."));`,
      );
      typed += expectTyped(ended).length;
    }
    expect(typed).toBeGreaterThan(0);
  });
});
