/**
 * Prints one line of JSON: the kernels that VANER_CPU allows, what the default model finds with them in the texts of the
 * golden file, and how that differs from the file.
 *
 * Usage: node test/golden/recognize.mjs
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Recognizer } from "../../dist/index.js";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const addon = process.env["VANER_NATIVE_ADDON"] ?? join(root, "build", "Release", "vaner_native.node");
const { rowProducts, attention } = createRequire(import.meta.url)(addon).cpu();
const kernels = [rowProducts, attention];

const golden = JSON.parse(readFileSync(join(root, "test", "fixtures", "golden.json"), "utf8"));
const { texts } = golden;

const recognizer = await Recognizer.load();
const results = await recognizer.recognizeBatch(texts.map(({ text }) => text));
await recognizer.dispose();
const found = results.map((entities) =>
  entities.map(({ type, start, end, score }) => [type, start, end, Number(score.toFixed(4))]),
);
const areSameKernels = JSON.stringify(kernels) === JSON.stringify(golden.kernels);
const expected = texts.map(({ entities }) => entities);
console.log(JSON.stringify({ kernels, areSameKernels, difference: difference(expected, found), found }));

/** Counts expected entities, those missing and those added; of the others, by how much their scores differ. */
function difference(expected, found) {
  const before = scoresByPlace(expected);
  const after = scoresByPlace(found);
  const errors = [...before]
    .filter(([place]) => after.has(place))
    .map(([place, score]) => Math.abs(after.get(place) - score));
  return {
    entities: before.size,
    missing: before.size - errors.length,
    added: after.size - errors.length,
    worstScore: Math.max(0, ...errors),
    meanScore: errors.reduce((sum, error) => sum + error, 0) / Math.max(1, errors.length),
  };
}

function scoresByPlace(texts) {
  const entries = texts.flatMap((entities, text) =>
    entities.map(([type, start, end, score]) => [`${text} ${type} ${start} ${end}`, score]),
  );
  return new Map(entries);
}
