// What a back end does to the library in months, in minutes. Each scenario returns what it measured, or throws.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import cluster from "node:cluster";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { randomFrom, repeat } from "./measure.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const libraryIn = (folder) => pathToFileURL(join(folder, "dist", "index.js")).href;
const { Recognizer } = await import(libraryIn(root));
const model = join(root, "test", "fixtures", "models", "tiny-f32.gguf");
const text = "Cisplatin can cause nephrotoxicity. BRCA1 was studied in mice with asthma. ";
const long = text.repeat(40);
const random = randomFrom(1);

const load = (options = {}) => Recognizer.load({ model, threads: 2, ...options });

/** Uses a recognizer and disposes of it: Node.js 20 has no `await using`. */
async function using(loading, use) {
  const recognizer = await loading;
  try {
    return await use(recognizer);
  } finally {
    await recognizer.dispose();
  }
}

/** The name of what a promise rejects with. */
const failureOf = (promise) =>
  promise.then(
    () => "none",
    (error) => (error instanceof DOMException ? error.name : error.code),
  );

/** Calls that are aborted at random moments; a call beside them is right. */
async function aborts(rounds) {
  return using(load(), async (recognizer) => {
    const expected = await recognizer.recognize(text);
    const reason = new Error("enough");
    const result = await repeat(rounds, async (round) => {
      const controller = new AbortController();
      const { signal } = controller;
      const call =
        round % 3 === 0
          ? recognizer.recognizeBatch([long, text], { signal })
          : recognizer.recognize(long, { signal });
      const outcome = call.then(
        () => undefined,
        (error) => error,
      );
      if (random() < 0.7) await sleep(random() * 6);
      controller.abort(reason);
      const error = await outcome;
      if (error !== undefined) assert.equal(error, reason);
      if (round % 50 === 0) assert.deepEqual(await recognizer.recognize(text), expected);
    });
    assert.deepEqual(await recognizer.recognize(text), expected);
    return result;
  });
}

/** Models that are loaded and disposed of, with their files mapped and read. */
async function reloads(rounds) {
  return repeat(rounds, async (round) => {
    const recognizer = await load({ mmap: round % 2 === 0, int8: round % 4 < 2 });
    assert.ok((await recognizer.recognize(text)).length > 0);
    await recognizer.dispose();
  });
}

/** Recognizers that are disposed of while calls run: those finish, later ones are refused. */
async function disposals(rounds) {
  return repeat(rounds, async () => {
    const recognizer = await load();
    const calls = Array.from({ length: 8 }, () => recognizer.recognize(long));
    if (random() < 0.5) await sleep(random() * 5);
    const disposal = recognizer.dispose();
    assert.equal(await failureOf(recognizer.recognize(text)), "ERR_VANER_DISPOSED");
    for (const call of calls) assert.ok((await call).length > 0);
    await disposal;
  });
}

/** Worker threads that are terminated in the middle of loading, tokenizing or encoding. */
async function terminations(rounds) {
  return using(load(), async (recognizer) => {
    const expected = await recognizer.recognize(text);
    const source = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.library).then(async ({ Recognizer }) => {
      parentPort.postMessage("started");
      const recognizer = await Recognizer.load({ model: workerData.model, threads: 2, int8: workerData.int8 });
      for (let i = 0; ; i++) await recognizer.recognize(workerData.long + "word" + i);
    });`;
    return repeat(
      rounds,
      async (round) => {
        const workerData = { library: libraryIn(root), model, long, int8: round % 2 === 0 };
        const worker = new Worker(source, { eval: true, workerData });
        await once(worker, "message");
        await sleep(random() * 30);
        await worker.terminate();
        if (round % 10 === 0) assert.deepEqual(await recognizer.recognize(text), expected);
      },
      64 * 2 ** 20,
    );
  });
}

/** Callbacks that throw: a progress callback ends its load, a logger harms nothing. */
async function callbacks(rounds) {
  return repeat(rounds, async () => {
    const thrown = new Error("meant to fail");
    const fails = () => {
      throw thrown;
    };
    await assert.rejects(load({ onProgress: fails }), thrown);
    return using(load({ logger: fails }), async (recognizer) => {
      const iterable = {
        *[Symbol.iterator]() {
          yield text;
          throw thrown;
        },
      };
      const seen = [];
      const reading = (async () => {
        for await (const { entities } of recognizer.recognizeStream(iterable)) seen.push(entities);
      })();
      await assert.rejects(reading, thrown);
      assert.equal(seen.length, 1);
    });
  });
}

/** Consumers that leave a stream: by break, by an error of their own, or without a word. */
async function streams(rounds) {
  return using(load(), async (recognizer) => {
    let closed = 0;
    async function* endless() {
      try {
        for (;;) yield text;
      } finally {
        closed++;
      }
    }
    const result = await repeat(rounds, async (round) => {
      const stream = recognizer.recognizeStream(endless());
      if (round % 3 === 0) {
        for await (const _ of stream) break;
      } else if (round % 3 === 1) {
        const mine = new Error("mine");
        const reading = (async () => {
          for await (const _ of stream) throw mine;
        })();
        await assert.rejects(reading, mine);
      } else {
        await stream[Symbol.asyncIterator]().next(); // and forgets it
        await sleep(1);
      }
    });
    assert.equal(closed, rounds - Math.floor(rounds / 3));
    return result;
  });
}

/** Two copies of the package in one process, each with an addon of its own. */
async function copies() {
  const folder = mkdtempSync(join(tmpdir(), "vaner-copy-"));
  try {
    for (const part of ["dist", "package.json"])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    mkdirSync(join(folder, "build"));
    cpSync(join(root, "build", "Release"), join(folder, "build", "Release"), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    const other = await import(libraryIn(folder));
    assert.notEqual(other.Recognizer, Recognizer);
    return await using(load(), async (mine) => {
      return using(other.Recognizer.load({ model, threads: 2 }), async (theirs) => {
        const [first, second] = await Promise.all([mine.recognize(long), theirs.recognize(long)]);
        assert.deepEqual(second, first);
        return { entities: first.length };
      });
    });
  } finally {
    if (process.platform !== "win32") rmSync(folder, { recursive: true }); // Windows keeps a loaded addon
  }
}

/** Children that are forked after a model was loaded: each loads its own. */
async function forks(rounds) {
  return using(load(), async (recognizer) => {
    const expected = await recognizer.recognize(text);
    const child = join(root, "test", "soak", "child.mjs");
    cluster.setupPrimary({ exec: child });
    for (let round = 0; round < rounds; round++) {
      const running = recognizer.recognize(long);
      const forked = [fork(child), cluster.fork()];
      const ends = forked.map((each) => once(each, "exit"));
      await Promise.all(forked.map((each) => once(each, "message"))); // they listen
      for (const each of forked) each.send({ library: libraryIn(root), model, text });
      for (const [found] of await Promise.all(forked.map((each) => once(each, "message")))) {
        assert.deepEqual(found, expected);
      }
      for (const [code] of await Promise.all(ends)) assert.equal(code, 0);
      await running;
    }
    return { rounds };
  });
}

/** A recognizer under 64 callers, with aborted calls and reloads of other models among them. */
async function sentences(count) {
  return using(Recognizer.load({ threads: 2 }), async (recognizer) => {
    const expected = await recognizer.recognize(text);
    const perCall = 20;
    const callers = 64;
    const rounds = Math.max(5, Math.ceil(count / (callers * perCall)));
    const result = await repeat(
      rounds,
      async (round) => {
        const caller = async (index) => {
          const name = `Case ${round * callers + index}. `;
          const texts = Array.from({ length: perCall / 2 }, () => text);
          if (index % 16 === 15) {
            const signal = AbortSignal.timeout(1 + Math.floor(random() * 20));
            const code = await failureOf(recognizer.recognizeBatch([name + long, ...texts], { signal }));
            assert.ok(code === "none" || code === "TimeoutError", code);
          } else if (index === 0) {
            return using(load({ int8: round % 2 === 0 }), async (other) => {
              await other.recognize(name + text);
            });
          } else {
            for (const found of await recognizer.recognizeBatch(texts)) assert.deepEqual(found, expected);
          }
        };
        await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
      },
      64 * 2 ** 20,
    );
    assert.deepEqual(await recognizer.recognize(text), expected);
    return { sentences: rounds * callers * perCall, ...result };
  });
}

/** By name: how often in `npm run soak`, how often in the tests, and what to do. */
export const scenarios = {
  aborts: { full: 10_000, quick: 300, run: aborts },
  reloads: { full: 1000, quick: 60, run: reloads },
  disposals: { full: 1000, quick: 40, run: disposals },
  terminations: { full: 1000, quick: 20, run: terminations },
  callbacks: { full: 1000, quick: 20, run: callbacks },
  streams: { full: 3000, quick: 60, run: streams },
  copies: { full: 1, quick: 1, run: copies },
  forks: { full: 50, quick: 1, run: forks },
  sentences: { full: 1_000_000, quick: 2000, run: sentences },
};
