// @ts-check
/**
 * Checks the includes of the native sources: no cycles between files, and folders include only what lies below them.
 *
 * Usage: node scripts/check-includes.mjs
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const native = join(dirname(dirname(fileURLToPath(import.meta.url))), "native");

/** The folders that a folder may include, itself and native/'s own files apart. `test` may include all. */
const below = new Map([
  ["addon", ["engine", "model", "tokenizer", "quantize", "backends", "kernels"]],
  ["engine", ["graph", "model", "backends"]],
  ["graph", ["model", "backends", "kernels"]],
  ["quantize", ["model", "backends"]],
  ["model", ["tokenizer", "backends", "kernels"]],
  ["tokenizer", []],
  ["backends", []],
  ["kernels", []],
  ["cxx_runtime", []],
]);

const include = /^\s*#\s*include\s+["<]([^">]+)[">]/gm;
const sources = readdirSync(native, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => /\.(h|cpp)$/.test(file));
const graph = new Map(sources.map((file) => [file, includesOf(file)]));

const problems = [...upwardIncludes(), ...cycles()];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

/** Files of native/ that a file includes. Headers of llama.cpp and ggml are not among them. @param {string} file */
function includesOf(file) {
  const text = readFileSync(join(native, file), "utf8");
  return [...text.matchAll(include)].flatMap(([, name = ""]) => {
    const places = [join(native, name), join(native, dirname(file), name)];
    const found = places.find((place) => existsSync(place));
    return found === undefined ? [] : [relative(native, found).replaceAll("\\", "/")];
  });
}

/** The first folder of a path; native/'s own files have none. @param {string} file */
function folderOf(file) {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : undefined;
}

function* upwardIncludes() {
  for (const [file, included] of graph) {
    const folder = folderOf(file);
    if (folder === "test") continue;
    const allowed = folder === undefined ? [] : below.get(folder);
    if (allowed === undefined)
      yield `native/${file}: its folder is not in the list of scripts/check-includes.mjs`;
    for (const target of included) {
      const other = folderOf(target);
      if (other !== undefined && other !== folder && !allowed?.includes(other)) {
        yield `native/${file}: includes ${target}, but ${folder ?? "native/"} must not depend on ${other}/`;
      }
    }
  }
}

/** One line for each include that closes a cycle. */
function* cycles() {
  const done = new Set();
  /** @type {string[]} */
  const path = [];
  /** @param {string} file @returns {Generator<string>} */
  function* visit(file) {
    const start = path.indexOf(file);
    if (start >= 0) yield `native/${file}: include cycle: ${[...path.slice(start), file].join(" -> ")}`;
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const target of graph.get(file) ?? []) yield* visit(target);
    path.pop();
    done.add(file);
  }
  for (const file of sources) yield* visit(file);
}
