/**
 * Checks that a model gives a text the same bits alone, in any batch, and from any thread, with the kernels that VANER_CPU
 * allows.
 *
 * Usage: node test/golden/same-bits.mjs [model]
 *   model   a GGUF file, multiplied in 8-bit integers; default: the default model
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import fc from "fast-check";
import { Recognizer } from "../../dist/index.js";

if (isMainThread) await check(process.argv[2] === undefined ? {} : { model: process.argv[2], int8: true });
else await answer();

async function check(options) {
  const file = join(dirname(dirname(fileURLToPath(import.meta.url))), "fixtures", "golden.json");
  const texts = JSON.parse(readFileSync(file, "utf8"))
    .texts.map(({ text }) => text)
    .filter((_, index) => index % 8 === 0)
    .concat("mice", "BRCA1"); // a batch of one label
  const recognizer = await Recognizer.load({ ...options, threads: 2 });
  const alone = [];
  for (const text of texts) alone.push(await recognizer.recognize(text));
  assert.ok(alone.flat().length > 50);

  const workers = [1, 2].map(
    (threads) => new Worker(new URL(import.meta.url), { workerData: { ...options, threads } }),
  );
  const recognizeIn = async (worker, batch) => {
    worker.postMessage(batch);
    const [found] = await once(worker, "message");
    return found;
  };
  const indexes = fc.array(fc.nat({ max: texts.length - 1 }), { minLength: 1, maxLength: 12 });
  const everywhere = fc.asyncProperty(indexes, indexes, indexes, async (...batches) => {
    const found = await Promise.all(
      batches.map((batch, place) => {
        const own = batch.map((index) => texts[index]);
        return place === 0 ? recognizer.recognizeBatch(own) : recognizeIn(workers[place - 1], own);
      }),
    );
    for (const [place, batch] of batches.entries())
      assert.deepEqual(
        found[place],
        batch.map((index) => alone[index]),
      );
  });
  try {
    await fc.assert(everywhere, { numRuns: 8 });
  } finally {
    await Promise.all([recognizer.dispose(), ...workers.map((worker) => worker.terminate())]);
  }
}

async function answer() {
  const recognizer = await Recognizer.load(workerData);
  parentPort.on("message", async (batch) => parentPort.postMessage(await recognizer.recognizeBatch(batch)));
}
