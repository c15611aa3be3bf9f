import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { errorCodes } from "../../lib/errors.js";
import { vaner } from "../support/cli.js";
import { pages, read, samples } from "../support/documentation.js";
import { root } from "../support/paths.js";

/** The text below a heading, up to the next one of its level. */
function section(page: string, heading: string): string {
  const [, text = ""] = read(page).split(`\n## ${heading}\n`);
  return text.split("\n## ")[0] as string;
}

/** The first cell of each table row. */
function firstCells(text: string): string[] {
  return [...text.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell as string);
}

const folder = join(root, "build", "samples"); // in the package's folder, so that its name resolves
beforeAll(() => {
  mkdirSync(folder, { recursive: true });
});

/** Runs a program in the package's folder. */
async function run(...args: string[]) {
  const child = spawn(process.execPath, args, { cwd: root });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => (output += chunk));
  }
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { output: output.trimEnd(), status };
}

function named(language: string) {
  return pages.flatMap((page) =>
    samples(page, language).map((code, index) => ({ name: `${page}, sample ${index + 1}`, code })),
  );
}

test.each(named("js"))("$name prints the documented output", async ({ name, code }) => {
  const file = join(folder, `${name.replace(/\W+/g, "-")}.mjs`);
  writeFileSync(file, code);
  const expected = [...code.matchAll(/^\/\/=> (.*)$/gm)].map(([, line]) => line);
  expect(await run(file)).toEqual({ output: expected.join("\n"), status: 0 });
});

test("TypeScript samples are well typed", async () => {
  const files = named("ts").map(({ name, code }) => {
    const file = join(folder, `${name.replace(/\W+/g, "-")}.mts`);
    writeFileSync(file, `import { Recognizer } from "vaner-native";\n${code}`);
    return file;
  });
  const options = "--noEmit --strict --skipLibCheck --module nodenext --target es2022 --types node";
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  expect(await run(compiler, ...options.split(" "), ...files)).toEqual({ output: "", status: 0 });
});

describe("docs/electron.md has the configuration of the example", () => {
  const example = join(root, "examples", "electron");
  const page = "docs/electron.md";

  test("for electron-builder", () => {
    const [sample = ""] = samples(page, "json");
    const whole = JSON.parse(readFileSync(join(example, "electron-builder.json"), "utf8"));
    expect(whole).toMatchObject(JSON.parse(sample));
  });

  test("for Electron Forge", () => {
    const [sample = ""] = samples(page, "cjs");
    const module = { exports: {} };
    new Function("module", sample)(module);
    expect(createRequire(import.meta.url)(join(example, "forge.config.cjs"))).toMatchObject(module.exports);
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
