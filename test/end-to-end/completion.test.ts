import { spawn } from "node:child_process";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { vaner } from "../support/cli.js";
import { testExceptOnWindows } from "../support/platforms.js";

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout, stderr } = await vaner(["completion", shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("in bash, the Tab key", () => {
  let script: string;
  beforeAll(async () => {
    script = await scriptFor("bash");
  });

  /** What completes the last of these words. */
  async function complete(...words: string[]): Promise<string[]> {
    const run = `${script}
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _vaner; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const child = spawn("bash", ["--norc", "-c", run, "bash", "vaner", ...words]);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk) => (output += chunk));
    }
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    return output.split("\n").filter((line) => line !== "");
  }

  testExceptOnWindows.each([
    [["rec"], ["recognize"]],
    [["--v"], ["--version"]],
    [["recognize", "--over"], ["--overlaps"]],
    [
      ["recognize", "--overlaps", ""],
      ["keep", "resolve"],
    ],
    [
      ["eval", "--data", "a.tsv", "--format", "con"],
      ["conll", "conll-io"],
    ],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    // Left to bash, which completes names of files.
    [["recognize", "--file", ""], []],
    [["inspect", ""], []],
    [["what", ""], []],
  ])("after vaner %j gives %j", async (words, expected) => {
    expect(await complete(...words)).toEqual(expected);
  });

  testExceptOnWindows("gives every command and every option of the help", async () => {
    const [, list = ""] = (await vaner(["--help"])).stdout.split("\nCommands:\n");
    const commands = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, command]) => command as string);
    expect(await complete("")).toEqual(commands);
    const flags = new Set(
      (await vaner(["recognize", "--help"])).stdout.match(/^ +-\w, --[\w-]+|^ +--[\w-]+/gm),
    );
    const expected = [...flags].flatMap((line) => line.trim().split(", "));
    expect((await complete("recognize", "-")).sort()).toEqual(expected.sort());
  });
});

test.each([
  ["zsh", "'*--file[text file to read, in UTF-8]:file:_files'", "(keep resolve)"],
  ["fish", "-s f -l file -r -F -d 'text file to read, in UTF-8'", "-x -a 'keep resolve'"],
])("%s gets files and choices", async (shell, file, choices) => {
  const script = await scriptFor(shell);
  expect(script).toContain(file);
  expect(script).toContain(choices);
});

test("another shell is wrong usage", async () => {
  const ended = await vaner(["completion", "tcsh"]);
  expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("bash, zsh, fish") });
});
