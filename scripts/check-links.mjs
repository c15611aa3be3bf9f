// @ts-check
/**
 * Checks that relative links in Markdown files lead to files of the repository, and their fragments to headings.
 *
 * Usage: node scripts/check-links.mjs
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { listedFiles, root } from "./listed-files.mjs";

const link = /\]\(([^)\s]+)\)/g;
const elsewhere = /^[a-z]+:/i;

const broken = listedFiles(["*.md"]).flatMap(brokenLinks);
for (const problem of broken) console.error(problem);
if (broken.length > 0) process.exitCode = 1;

/** @param {string} file */
function brokenLinks(file) {
  const lines = proseOf(join(root, file)).split("\n");
  return lines.flatMap((line, index) =>
    [...line.matchAll(link)].flatMap(([, target = ""]) => {
      const problem = elsewhere.test(target) ? undefined : problemOf(join(root, file), target);
      return problem === undefined ? [] : [`${file}:${index + 1}: ${target}: ${problem}`];
    }),
  );
}

/** @param {string} from @param {string} target */
function problemOf(from, target) {
  const decoded = decode(target);
  if (decoded === undefined) return "its escapes are malformed";
  const [path = "", fragment] = decoded.split("#");
  const file = path === "" ? from : join(dirname(from), path);
  if (relative(root, file).startsWith("..") || !existsSync(file)) return "there is no such file";
  if (fragment !== undefined && !anchorsOf(file).has(fragment)) return "there is no such heading";
  return undefined;
}

/** @param {string} target */
function decode(target) {
  try {
    return decodeURI(target);
  } catch {
    return undefined;
  }
}

/** The anchors of a file's headings, as GitHub makes them. @param {string} file */
function anchorsOf(file) {
  const headings = proseOf(file).matchAll(/^#+\s+(.+?)\s*#*$/gm);
  return new Set(
    [...headings].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{M}\p{N}_ -]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** A file without its code blocks, whose lines stay as empty ones. @param {string} file */
function proseOf(file) {
  return readFileSync(file, "utf8").replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ""));
}
