// Times `recognizeBatch` for one type and for all, in turns: node cost.mjs <dist/index.js> <model> <JSON lines>
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";

const rounds = 12;
const [, , library, model, corpus] = process.argv;
const { Recognizer } = await import(resolve(library));
const texts = readFileSync(corpus, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line).text);
const recognizer = await Recognizer.load({ model });
const all = ["Disease", "Chemical", "Gene", "Species"];

async function time(types) {
  const started = performance.now();
  await recognizer.recognizeBatch(texts, { types });
  return (performance.now() - started) / 1000;
}

// Each type is the one in turn, and each of the two is the first in turn.
const pairs = [];
await time(all);
for (let round = 0; round < rounds; round++) {
  const one = [all[round % all.length]];
  const oneFirst = Math.floor(round / all.length) % 2 === 0;
  const first = await time(oneFirst ? one : all);
  const second = await time(oneFirst ? all : one);
  pairs.push(oneFirst ? { one: first, all: second } : { one: second, all: first });
}
await recognizer.dispose();

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const ratios = pairs.map((pair) => pair.all / pair.one);
console.log(
  JSON.stringify({
    texts: texts.length,
    rounds,
    oneTypeSeconds: median(pairs.map((pair) => pair.one)),
    allTypesSeconds: median(pairs.map((pair) => pair.all)),
    ratio: median(ratios),
    lowestRatio: Math.min(...ratios),
    highestRatio: Math.max(...ratios),
  }),
);
