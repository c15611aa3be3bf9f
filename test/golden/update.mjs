/**
 * Writes the entities of the golden file anew, with the best kernels of this CPU, and prints what changed and by how
 * much the other kernels differ.
 *
 * Usage: npm run golden
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const file = join(dirname(folder), "fixtures", "golden.json");
const levels = process.arch === "arm64" ? ["dotprod", "neon", "none"] : ["avx512", "avxvnni", "avx2", "none"];

function recognize(env) {
  const options = { encoding: "utf8", env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
  return JSON.parse(execFileSync(process.execPath, [join(folder, "recognize.mjs")], options));
}

const { texts } = JSON.parse(readFileSync(file, "utf8"));
const { kernels, difference, found } = recognize({});
console.log("changed:", difference);
const lines = texts.map(({ text }, index) => JSON.stringify({ text, entities: found[index] }));
writeFileSync(file, `{"kernels":${JSON.stringify(kernels)},"texts":[\n${lines.join(",\n")}\n]}\n`);
for (const level of levels) {
  const other = recognize({ VANER_CPU: level });
  console.log(`${level} (${other.kernels.join("; ")}):`, other.difference);
}
