// @ts-check
/**
 * Puts other runtimes, package managers and Electron's packagers into build/runtimes, for `npm run test:runtimes`. All come from npm.
 *
 * Usage: node scripts/fetch-runtimes.mjs
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import "./report-failure.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "build", "runtimes");
const example = JSON.parse(readFileSync(join(root, "examples", "electron", "package.json"), "utf8"));
const host = `${process.platform}-${process.arch}`;

/** Version by package; of Node.js every line that is supported. */
const packages = {
  [`node-${host}@20`]: "20.20.2",
  [`node-${host}@22`]: "22.23.5",
  [`node-${host}@24`]: "24.22.3",
  [`node-${host}@26`]: "26.12.1",
  [`@oven/bun-${host}`]: "1.4.5",
  [`@deno/${host}-glibc`]: "2.9.6",
  pnpm: "12.21.0",
  yarn: "1.22.22",
  "@yarnpkg/cli-dist": "4.18.1",
  webpack: "5.113.0",
  "electron-builder": example.devDependencies["electron-builder"],
  "@electron-forge/cli": example.devDependencies["@electron-forge/cli"],
};

mkdirSync(folder, { recursive: true });
for (const [alias, version] of Object.entries(packages)) {
  const name = alias.replace(/(?<=.)@.*/, "");
  const target = join(folder, alias.replace("/", "+"));
  if (existsSync(join(target, "node_modules", name))) continue;
  mkdirSync(target, { recursive: true });
  const args = ["install", "--prefix", target, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
  execFileSync("npm", [...args, `${name}@${version}`], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
}
