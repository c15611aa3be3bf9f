import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { errorCodes } from "../../lib/errors.js";
import { vaner } from "../support/cli.js";
import { root } from "../support/paths.js";

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith(".md"),
);

function read(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** The text below a heading, up to the next one of its level. */
function section(page: string, heading: string): string {
  const [, text = ""] = read(page).split(`\n## ${heading}\n`);
  return text.split("\n## ")[0] as string;
}

/** The first cell of each table row. */
function firstCells(text: string): string[] {
  return [...text.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell as string);
}

/** Runs a sample as a module in the package's folder. */
async function run(code: string) {
  const child = spawn(process.execPath, ["--input-type=module"], { cwd: root });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => (output += chunk));
  }
  child.stdin.end(code);
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { output: output.trimEnd(), status };
}

describe("JavaScript samples print the documented output", () => {
  const samples = pages.flatMap((page) =>
    [...read(page).matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code], index) => ({
      name: `${page}, sample ${index + 1}`,
      code: code as string,
    })),
  );

  test.each(samples)("$name", async ({ code }) => {
    const expected = [...code.matchAll(/^\/\/=> (.*)$/gm)].map(([, line]) => line);
    expect(await run(code)).toEqual({ output: expected.join("\n"), status: 0 });
  });
});

describe("docs/command-line.md has the options of", () => {
  const page = "docs/command-line.md";
  const optionsOf = (text: string) => new Set(text.match(/(?<![\w-])--[a-z][a-z0-9-]*/g));

  test("every command that vaner --help lists", async () => {
    const [, list = ""] = (await vaner(["--help"])).stdout.split("\nCommands:\n");
    const commands = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, command]) => command as string);
    expect(commands).toContain("recognize");
    for (const command of commands) {
      const { stdout } = await vaner([command, "--help"]);
      const shared = stdout.includes("--model") ? section(page, "Options of a model") : "";
      const documented = optionsOf(firstCells(shared + section(page, command)).join("\n"));
      expect({ command, options: documented.add("--help") }).toEqual({ command, options: optionsOf(stdout) });
    }
  });
});

test("docs/api.md has every error code", () => {
  const documented = firstCells(section("docs/api.md", "Errors")).map((cell) => cell.replaceAll("`", ""));
  expect(documented.filter((cell) => cell.startsWith("ERR_"))).toEqual(Object.keys(errorCodes));
});
