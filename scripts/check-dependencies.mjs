// @ts-check
/**
 * Checks what npm installs, from package-lock.json: each package has a hash and a licence that may be used, none that
 * users get runs an install script, and docs/dependencies.md gives a reason for each that this package asks for.
 *
 * Usage: node scripts/check-dependencies.mjs
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./listed-files.mjs";

/** Licences of what users get. */
const published = [
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "0BSD",
];
/** Further licences of tools, and of data inside them. */
const tools = [...published, "Python-2.0", "CC-BY-3.0", "CC-BY-4.0", "MPL-2.0"];
const lifecycle = ["preinstall", "install", "postinstall", "prepare"];
const exact = /^\d+\.\d+\.\d+$/;

/** @param {string} file @returns {any} */
const readJson = (file) => JSON.parse(readFileSync(join(root, file), "utf8"));

const manifest = readJson("package.json");
const problems = [
  ...Object.entries(readJson("package-lock.json").packages).flatMap(([path, entry]) =>
    lockProblems(path, entry),
  ),
  ...Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).flatMap(([name, version]) =>
    exact.test(version) ? [] : [`${name}: ${version} is not an exact version`],
  ),
  ...["package.json", "packages/engine/package.json", "packages/model-smollm2/package.json"].flatMap((file) =>
    lifecycle
      .filter((name) => readJson(file).scripts?.[name])
      .map((name) => `${file}: runs a script at ${name}`),
  ),
  ...reasonProblems(),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

/** @param {string} path @param {any} entry @returns {string[]} */
function lockProblems(path, entry) {
  if (path === "") return [];
  const users = !entry.dev && !entry.devOptional;
  const refused = manifest.allowScripts[path.slice(path.lastIndexOf("node_modules/") + 13)] === false;
  return [
    ...(/^sha512-/.test(entry.integrity ?? "") ? [] : [`${path}: no SHA-512`]),
    ...(mayUse(entry.license, users ? published : tools) ? [] : [`${path}: licence ${entry.license}`]),
    ...(entry.hasInstallScript && (users || !refused)
      ? [`${path}: an install script that is not refused`]
      : []),
  ];
}

/** @param {unknown} expression an SPDX expression @param {readonly string[]} allowed */
function mayUse(expression, allowed) {
  if (typeof expression !== "string") return false;
  const every = (/** @type {string} */ text) => text.split(" AND ").every((name) => allowed.includes(name));
  return expression
    .replace(/^\(|\)$/g, "")
    .split(" OR ")
    .some(every);
}

function reasonProblems() {
  const rows = readFileSync(join(root, "docs", "dependencies.md"), "utf8").matchAll(/^\| `([^`]+)` \|/gm);
  const explained = new Set(Array.from(rows, ([, name]) => name));
  const needed = Object.keys(manifest.dependencies);
  return [
    ...needed
      .filter((name) => !explained.has(name))
      .map((name) => `docs/dependencies.md: no reason for ${name}`),
    ...[...explained]
      .filter((name) => !needed.includes(name ?? ""))
      .map((name) => `docs/dependencies.md: ${name} is gone`),
  ];
}
