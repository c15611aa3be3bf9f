import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { platformName, platforms } from "../../lib/binding/loader.js";
import { root } from "../support/paths.js";
import { Installation, packed } from "./support.js";

// Run by `npm run test:runtimes`, which fetches what build/runtimes holds.

const run = promisify(execFile);
const host = `${process.platform}-${process.arch}`;
const runtimes = join(root, "build", "runtimes");
const runtime = (alias: string, name: string, ...path: string[]) =>
  join(runtimes, alias.replace("/", "+"), "node_modules", name, ...path);

const found = "Cisplatin nephrotoxicity mice";
const use = `
  (async () => {
    const recognizer = await Recognizer.load();
    const entities = await recognizer.recognize("Cisplatin-induced nephrotoxicity was seen in mice.");
    await recognizer.dispose();
    console.log(entities.map((entity) => entity.text).join(" "));
  })();`;
const scripts = {
  "use.mjs": `import { Recognizer } from "vaner-native"; ${use}`,
  "use.cjs": `const { Recognizer } = require("vaner-native"); ${use}`,
};

let tarballs: string[];
let installed: Installation;

beforeAll(() => {
  tarballs = packed();
  installed = new Installation(tarballs);
  for (const [name, text] of Object.entries(scripts)) installed.write(name, text);
});
afterAll(() => installed.remove());

async function output(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(program, args, { cwd, timeout: 300_000 });
  return stdout.trim();
}

describe.each(["20", "22", "24", "26"])("Node.js %s", (version) => {
  const node = runtime(`node-${host}@${version}`, `node-${host}`, "bin", "node");

  test.each(Object.keys(scripts))("runs %s", async (script) => {
    expect(await output(installed.folder, node, "-p", "process.version.split('.')[0]")).toBe(`v${version}`);
    expect(await output(installed.folder, node, script)).toBe(found);
  });
});

test.each(Object.keys(scripts))("Bun runs %s", async (script) => {
  const bun = runtime(`@oven/bun-${host}`, `@oven/bun-${host}`, "bin", "bun");
  expect(await output(installed.folder, bun, script)).toBe(found);
});

test.each(Object.keys(scripts))("Deno runs %s", async (script) => {
  const deno = runtime(`@deno/${host}-glibc`, `@deno/${host}-glibc`, "deno");
  expect(await output(installed.folder, deno, "run", "-A", "--node-modules-dir=manual", script)).toBe(found);
});

test("webpack bundles a program with the package external", async () => {
  const entry = join(installed.folder, "use.mjs");
  const config = installed.write(
    "webpack.config.cjs",
    `module.exports = { mode: "production", target: "node", entry: ${JSON.stringify(entry)},
       externals: { "vaner-native": "commonjs vaner-native" },
       output: { path: ${JSON.stringify(join(installed.folder, "bundle"))}, filename: "main.cjs" } };`,
  );
  const pack = `require(${JSON.stringify(runtime("webpack", "webpack"))})(require(${JSON.stringify(config)}),
    (error, stats) => { if (error ?? stats.hasErrors()) throw error ?? stats.toString(); })`;
  await output(installed.folder, process.execPath, "-e", pack);
  expect(await output(installed.folder, process.execPath, join("bundle", "main.cjs"))).toBe(found);
});

describe("the layout of", () => {
  /** A project that depends on the packed files; engines of other platforms are stand-ins that fit nowhere. */
  function project(name: string, pin: "overrides" | "resolutions", manifest: object = {}): string {
    const folder = join(installed.folder, "layouts", name);
    mkdirSync(folder, { recursive: true });
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const pinned: Record<string, string> = {};
    for (const platform of platforms) {
      const standIn = join(installed.folder, "stand-ins", platform);
      mkdirSync(standIn, { recursive: true });
      const fits = { name: `@vaner-native/${platform}`, version, os: ["none"] };
      writeFileSync(join(standIn, "package.json"), JSON.stringify(fits));
      pinned[`@vaner-native/${platform}`] = `file:${standIn}`;
    }
    const tarball = (suffix: string) => `file:${tarballs.find((file) => file.includes(suffix))}`;
    pinned[`@vaner-native/${platformName()}`] = tarball(`-${platformName()}-`);
    pinned["@vaner-native/model-smollm2"] = tarball("-model-");
    const main = tarballs.find((file) => /vaner-native-\d/.test(file));
    const dependencies = { "vaner-native": `file:${main}` };
    const text = { private: true, dependencies, [pin]: pinned, ...manifest };
    writeFileSync(join(folder, "package.json"), JSON.stringify(text));
    for (const script of Object.keys(scripts)) cpSync(join(installed.folder, script), join(folder, script));
    return folder;
  }

  test("pnpm", async () => {
    const folder = project("pnpm", "overrides");
    const { overrides } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    writeFileSync(join(folder, "pnpm-workspace.yaml"), JSON.stringify({ packages: ["."], overrides })); // JSON is YAML
    const pnpm = runtime("pnpm", "pnpm", "bin", "pnpm.mjs");
    await output(folder, process.execPath, pnpm, "install", "--ignore-scripts");
    expect(readdirSync(join(folder, "node_modules"))).not.toContain("commander");
    for (const script of Object.keys(scripts))
      expect(await output(folder, process.execPath, script)).toBe(found);
  });

  test("Yarn 1", async () => {
    const folder = project("yarn", "resolutions");
    const yarn = runtime("yarn", "yarn", "bin", "yarn.js");
    // It takes an optional package that is pinned as a needed one, and would refuse the stand-ins.
    const flags = ["--ignore-scripts", "--no-lockfile", "--ignore-platform"];
    await output(folder, process.execPath, yarn, "install", ...flags);
    for (const script of Object.keys(scripts))
      expect(await output(folder, process.execPath, script)).toBe(found);
  });

  test.each(["node-modules", "pnp"])("Yarn 4 with the linker %s", async (linker) => {
    const folder = project(`yarn-${linker}`, "resolutions");
    const settings = { nodeLinker: linker, enableTelemetry: false, enableImmutableInstalls: false };
    writeFileSync(join(folder, ".yarnrc.yml"), JSON.stringify(settings));
    writeFileSync(join(folder, "yarn.lock"), "");
    const yarn = runtime("@yarnpkg/cli-dist", "@yarnpkg/cli-dist", "bin", "yarn.js");
    await output(folder, process.execPath, yarn, "install", "--mode=skip-build");
    for (const script of Object.keys(scripts))
      expect(await output(folder, process.execPath, yarn, "node", script)).toBe(found);
    expect(existsSync(join(folder, "node_modules", "vaner-native"))).toBe(linker === "node-modules");
  });

  afterAll(() => rmSync(join(installed.folder, "layouts"), { recursive: true, force: true }));
});
