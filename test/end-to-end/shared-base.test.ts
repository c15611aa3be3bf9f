import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Entity, Recognizer } from "../../lib/index.js";
import { abstracts } from "../support/abstracts.js";
import { rounded } from "../support/entities.js";
import { adapterFixture, built, fixture } from "../support/paths.js";
import { testOnLinux } from "../support/platforms.js";

let folder: string;
/** A copy of tiny-f32 that no other test has loaded. */
let model: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vaner-"));
  model = join(folder, "base ü.gguf");
  copyFileSync(fixture("tiny-f32"), model);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = abstracts.join(" ");

/** The mappings of a file in this process. */
function mappingsOf(path: string): string[] {
  return readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.endsWith(basename(path)));
}

describe("recognizers that share a base model", () => {
  const adapters = [undefined, "tiny-qv", "tiny-all", "tiny-own-heads"];
  const load = (adapter: string | undefined) =>
    Recognizer.load({ model, ...(adapter !== undefined && { adapter: adapterFixture(adapter) }) });

  test("give the same entities concurrently as alone, while others load and close", async () => {
    const alone: Entity[][] = [];
    for (const adapter of adapters) {
      await using recognizer = await load(adapter);
      alone.push(await recognizer.recognize(text));
    }
    expect(new Set(alone.map((entities) => JSON.stringify(entities))).size).toBe(adapters.length);

    const recognizers = await Promise.all(adapters.map(load));
    const found = await Promise.all(
      recognizers.flatMap((recognizer) => [recognizer.recognize(text), recognizer.recognize(text)]),
    );
    for (const [index, entities] of found.entries()) {
      expect(entities).toEqual(rounded(alone[index >> 1] as Entity[]));
    }
    for (const [index, recognizer] of recognizers.entries()) {
      const last = recognizer.recognize(text);
      await Promise.all([recognizer.dispose(), last]);
      await expect(recognizer.recognize(text)).rejects.toMatchObject({ code: "ERR_VANER_DISPOSED" });
      for (const [after, left] of recognizers.entries()) {
        if (after > index) expect(await left.recognize(text)).toEqual(rounded(alone[after] as Entity[]));
      }
    }
  });

  testOnLinux("map the file once, until the last one is disposed of", async () => {
    expect(mappingsOf(model)).toEqual([]);
    const first = await load(undefined);
    const mapped = mappingsOf(model);
    expect(mapped.length).toBeGreaterThan(0);
    const others = await Promise.all([...adapters, ...adapters].map(load));
    expect(mappingsOf(model)).toEqual(mapped);
    await first.dispose();
    await Promise.all(others.slice(1).map((recognizer) => recognizer.dispose()));
    expect(mappingsOf(model)).toEqual(mapped);
    await others[0]?.dispose();
    expect(mappingsOf(model)).toEqual([]);
  });

  testOnLinux("share the mapping between worker threads", async () => {
    const source = `
      const { parentPort } = require("node:worker_threads");
      (async () => {
        const { Recognizer } = await import(${JSON.stringify(pathToFileURL(built("index.js")).href)});
        const options = { model: ${JSON.stringify(model)}, adapter: ${JSON.stringify(adapterFixture("tiny-qv"))} };
        const recognizer = await Recognizer.load({ ...options, threads: 1 });
        parentPort.postMessage(await recognizer.recognize(${JSON.stringify(text)}));
        parentPort.once("message", () => recognizer.dispose());
      })();
    `;
    const workers = Array.from({ length: 3 }, () => new Worker(source, { eval: true }));
    const results = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0]));
    for (const result of results) expect(result).toEqual(rounded(results[0]));
    const mapped = mappingsOf(model);
    const recognizer = await load(undefined);
    expect(mappingsOf(model)).toEqual(mapped);
    for (const worker of workers) worker.postMessage("end");
    for (const [code] of await Promise.all(workers.map((worker) => once(worker, "exit"))))
      expect(code).toBe(0);
    expect(mappingsOf(model)).toEqual(mapped);
    await recognizer.dispose();
    expect(mappingsOf(model)).toEqual([]);
  });

  test("an aborted load does not affect the others", async () => {
    const reason = new Error("enough");
    for (let round = 0; round < 10; round++) {
      const stop = new AbortController();
      const stopped = Recognizer.load({ model, adapter: adapterFixture("tiny-qv"), signal: stop.signal });
      const other = Recognizer.load({ model, adapter: adapterFixture("tiny-all") });
      if (round > 0) await new Promise((resolve) => setImmediate(resolve));
      stop.abort(reason);
      await expect(stopped).rejects.toBe(reason);
      await using recognizer = await other;
      expect(recognizer.info.adapter).toBe("tiny-all");
    }
    const failure = new Error("mine");
    const onProgress = () => {
      throw failure;
    };
    await expect(Recognizer.load({ model, adapter: adapterFixture("tiny-qv"), onProgress })).rejects.toBe(
      failure,
    );
  });

  test("report progress up to 1 if the weights are already loaded", async () => {
    await using _holder = await load(undefined);
    const shares: number[] = [];
    const finished = new Promise<void>((resolve) => {
      const onProgress = (share: number) => {
        shares.push(share);
        if (share === 1) resolve();
      };
      Recognizer.load({ model, onProgress }).then((recognizer) => recognizer.dispose());
    });
    await finished;
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });
});
