import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { inspectModel } from "../../lib/index.js";
import { acceptedCases, layOut } from "../support/checkpoints.js";
import { vaner, vanerPath } from "../support/cli.js";
import { fixture, root } from "../support/paths.js";
import { testExceptOnWindows, testOnLinux } from "../support/platforms.js";

let inputs: string;
let outputs: string;
beforeAll(() => {
  inputs = mkdtempSync(join(tmpdir(), "vaner-inputs-"));
  layOut(acceptedCases.find(({ name }) => name === "vaner") as (typeof acceptedCases)[number], inputs);
  writeFileSync(join(inputs, "documents.txt"), "Aspirin can cause asthma.\n".repeat(500));
  writeFileSync(join(inputs, "corpus.tsv"), "Asthma\tB\nis\tO\ncommon\tO\n\n".repeat(2000));
});
beforeEach(() => {
  outputs = mkdtempSync(join(tmpdir(), "vaner-outputs-"));
});
afterAll(() => {
  for (const folder of [inputs, outputs]) rmSync(folder, { recursive: true, force: true });
});

const model = fixture("tiny-f32");
const output = () => join(outputs, "model.gguf");

/** A short run of every command. */
const commands: Readonly<Record<string, () => string[]>> = {
  recognize: () => ["-m", model, "Aspirin can cause asthma."],
  annotate: () => {
    const output = join(outputs, "documents.jsonl");
    return [join(inputs, "documents.txt"), "-m", model, "--input-format", "lines", "-o", output, "--json"];
  },
  inspect: () => [model],
  eval: () => {
    const data = join(inputs, "corpus.tsv");
    return ["-m", model, "--data", data, "-t", "Disease", "--errors", join(outputs, "errors.tsv")];
  },
  convert: () => [join(inputs, "checkpoint"), "-a", join(inputs, "adapter"), "-o", output()],
  "convert-corpus": () => {
    const output = join(outputs, "documents.jsonl");
    return [join(inputs, "documents.txt"), "--input-format", "lines", "-o", output, "--json"];
  },
  quantize: () => [fixture("tiny-heads-f32"), output(), "q8_0"],
  bench: () => ["-m", model, "--seconds", "1"],
  doctor: () => ["-m", model],
  completion: () => ["bash"],
};
/** Commands that run until they are stopped: queue.test.ts and serve.test.ts end them. */
const servers = ["serve", "work"];
const names = Object.keys(commands);
const argsOf = (name: string) => [name, ...(commands[name] as () => string[])()];

/** What a command may leave. `vaner annotate` goes on with its partial files and journal the next time. */
const unfinished = ["", ".partial", ".journal", ".rejected.jsonl.partial"].map(
  (ending) => `documents.jsonl${ending}`,
);
const leftovers: Readonly<Record<string, readonly string[]>> = {
  annotate: unfinished,
  "convert-corpus": unfinished,
  eval: ["errors.tsv"],
  convert: ["model.gguf"],
  quantize: ["model.gguf"],
};

async function expectNoRemains(name: string): Promise<void> {
  expect(leftovers[name] ?? []).toEqual(expect.arrayContaining(readdirSync(outputs)));
  if (existsSync(output())) expect(await inspectModel(output())).toMatchObject({ problem: null });
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** Runs `vaner`, with a program in front of it or not. */
function start(args: readonly string[], stdout: "pipe" | number, wrapper: readonly string[] = []) {
  const [program, ...rest] = [...wrapper, process.execPath, vanerPath(), ...args];
  const child = spawn(program as string, rest, { cwd: root, stdio: ["ignore", stdout, "pipe"] });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk) => (stderr += chunk));
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stderr })),
  );
  return { child, ended };
}

test("every command is tested here", async () => {
  const { stdout } = await vaner(["--help"]);
  const listed = [...stdout.matchAll(/^ {2}([\w-]+) /gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual([...names, ...servers].sort());
});

describe.each(names)("vaner %s", (name) => {
  test("succeeds silently where the reader has gone", async () => {
    const { child, ended } = start(argsOf(name), "pipe");
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
    await expectNoRemains(name);
  });

  testOnLinux("fails where standard output is a full disk", async () => {
    const { ended } = start(argsOf(name), openSync("/dev/full", "w"));
    expect(await ended).toEqual({
      code: 1,
      signal: null,
      stderr: expect.stringMatching(/^vaner: the output cannot be written: .*ENOSPC/),
    });
    await expectNoRemains(name);
  });

  testExceptOnWindows("runs with its standard streams closed", async () => {
    const { ended } = start(argsOf(name), "pipe", ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]);
    expect(await ended).toEqual({ code: 0, signal: null, stderr: "" });
    await expectNoRemains(name);
  });

  testExceptOnWindows.each(["SIGINT", "SIGTERM"] as const)(
    "leaves nothing unfinished after %s",
    async (signal) => {
      for (const delay of [200, 500]) {
        const { child, ended } = start(argsOf(name), "pipe");
        child.stdout?.resume();
        await sleep(delay);
        child.kill(signal);
        const { code, signal: by, stderr } = await ended;
        // Before it begins, and where it writes no file, the signal ends it.
        if (by !== null) expect({ by, stderr }).toEqual({ by: signal, stderr: "" });
        else if (code !== 0) {
          const resumes = leftovers[name] === unfinished;
          const remedy = resumes ? "; the same command with --resume goes on there" : "";
          expect({ code, stderr }).toEqual({ code: 1, stderr: `vaner: stopped by ${signal}${remedy}\n` });
        }
        await expectNoRemains(name);
      }
    },
  );
});

/** Commands that take seconds, and the files they write. */
const long: Readonly<Record<string, () => string[]>> = {
  quantize: () => [join(root, "models", "vaner-smollm2.gguf"), output(), "q5_k", "--threads", "1"],
  eval: () => {
    const data = join(inputs, "corpus.tsv");
    return ["--data", data, "-t", "Disease", "--threads", "1", "--errors", join(outputs, "errors.tsv")];
  },
};

describe.each(Object.keys(long))("a long vaner %s", (name) => {
  const args = () => [name, ...(long[name] as () => string[])()];

  async function begun(): Promise<void> {
    while (readdirSync(outputs).length === 0) await sleep(20);
  }

  testExceptOnWindows.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("is stopped by %s", async (signal) => {
    const { child, ended } = start(args(), "pipe");
    await begun();
    child.kill(signal);
    expect(await ended).toEqual({ code: 1, signal: null, stderr: `vaner: stopped by ${signal}\n` });
    expect(readdirSync(outputs)).toEqual([]);
  });

  testExceptOnWindows("fails where its folder is removed", async () => {
    const { ended } = start(args(), "pipe");
    await begun();
    rmSync(outputs, { recursive: true });
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/cannot be written/) });
    expect(existsSync(outputs)).toBe(false);
  });
});

/** Commands that write a file; what the first ones leave, `--resume` goes on with. */
const writers = ["annotate", "convert-corpus", "eval", "convert", "quantize"];
const failed = { code: 1, signal: null, stderr: expect.stringMatching(/ERR_VANER_(OUTPUT|CORPUS)/) };

describe.each(writers)("vaner %s", (name) => {
  testOnLinux("fails where there is no room, and leaves nothing", async () => {
    // A limit of 20,000 bytes a file fails as a full disk does.
    const { ended } = start(argsOf(name), "pipe", ["prlimit", "--fsize=20000"]);
    expect(await ended).toEqual(failed);
    const left = leftovers[name] === unfinished ? unfinished.slice(1) : [];
    expect(left).toEqual(expect.arrayContaining(readdirSync(outputs)));
  });

  testOnLinux("fails where the folder takes no files", async () => {
    const args = argsOf(name).map((arg) => arg.replace(outputs, "/proc/self"));
    const { ended } = start(args, "pipe");
    expect(await ended).toEqual(failed);
  });
});
