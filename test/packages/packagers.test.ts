import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { listPackage } from "@electron/asar";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { answer, ask, isNative, showArchive } from "../support/electron.js";
import { root } from "../support/paths.js";
import { Installation, packed } from "./support.js";

// Run by `npm run test:runtimes`, which fetches what build/runtimes holds. Electron itself cannot be had from a
// registry: a folder of the same layout, with Node.js as its program, stands in for it.

const run = promisify(execFile);
const host = `${process.platform}-${process.arch}`;
const runtimes = join(root, "build", "runtimes");
const node = join(runtimes, `node-${host}@22`, "node_modules", `node-${host}`, "bin", "node");
const example = join(root, "examples", "electron");
const manifest = JSON.parse(readFileSync(join(example, "package.json"), "utf8"));
const { electron } = manifest.devDependencies;

let installed: Installation;
/** Everything that is no part of the application. */
const folder = mkdtempSync(join(tmpdir(), "vaner-packagers-"));
const distribution = join(folder, "electron");

beforeAll(() => {
  installed = new Installation(packed());
  const { dependencies } = JSON.parse(readFileSync(join(installed.folder, "package.json"), "utf8"));
  for (const file of readdirSync(example)) {
    if (/\.(js|cjs|json|html|css)$/.test(file)) cpSync(join(example, file), join(installed.folder, file));
  }
  installed.write(
    "package.json",
    JSON.stringify({ ...manifest, dependencies, devDependencies: { electron } }),
  );

  installed.write(
    "node_modules/electron/package.json",
    JSON.stringify({ name: "electron", version: electron }),
  );
  mkdirSync(join(distribution, "locales"), { recursive: true });
  mkdirSync(join(distribution, "resources"));
  for (const file of ["LICENSE", "LICENSES.chromium.html", "locales/en-US.pak"])
    writeFileSync(join(distribution, file), "");
  writeFileSync(join(distribution, "version"), electron);
  cpSync(node, join(distribution, "electron"));
});
afterAll(() => {
  installed.remove();
  rmSync(folder, { recursive: true });
});

/** Runs a packager in the example's folder. */
async function runPackager(program: string, ...args: string[]): Promise<void> {
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env["PATH"]}` };
  await run(node, [join(runtimes, program), ...args], { cwd: installed.folder, env, timeout: 300_000 });
}

/** @returns the folder of the application */
async function electronBuilder(): Promise<string> {
  const settings = [
    `electronDist=${distribution}`,
    `electronVersion=${electron}`,
    `directories.output=${folder}`,
  ];
  const program = "electron-builder/node_modules/electron-builder/out/cli/cli.js";
  await runPackager(program, "--dir", "--linux", ...settings.map((setting) => `-c.${setting}`));
  return join(folder, "linux-unpacked");
}

/** @returns the folder of the application */
async function forge(): Promise<string> {
  await run("zip", ["-qr0", join(folder, `electron-v${electron}-${host}.zip`), "."], { cwd: distribution });
  const config = readFileSync(join(example, "forge.config.cjs"), "utf8");
  const zips = `module.exports.packagerConfig.electronZipDir = ${JSON.stringify(folder)};`;
  installed.write("forge.config.cjs", `${config}${zips}`);
  const program = "@electron-forge+cli/node_modules/@electron-forge/cli/dist/electron-forge-package.js";
  await runPackager(program, ".");
  return join(installed.folder, "out", `${manifest.name}-${host}`);
}

test.each([
  ["electron-builder", electronBuilder],
  ["Electron Forge", forge],
])(
  "an application of %s runs from its archive and the files beside it",
  async (name, packApplication) => {
    const archive = join(await packApplication(), "resources", "app.asar");
    const packedOnly = listPackage(archive, { isPack: true }).filter((line) => line.startsWith("pack "));
    expect(packedOnly).toEqual(expect.arrayContaining([expect.stringContaining("/recognizer.js")]));
    expect(packedOnly.filter((line) => isNative(line))).toEqual([]);

    const { app, natives } = showArchive(archive, join(folder, name));
    expect(natives.map((path) => basename(path))).toEqual(
      expect.arrayContaining(["vaner-smollm2.gguf", "vaner_native.node"]),
    );
    expect(await ask(app)).toEqual(answer);
  },
  400_000,
);
