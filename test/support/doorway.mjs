// Calls every function of the addon with wrong arguments, in several JavaScript environments of one process at a time.
// Usage: node doorway.mjs <addon> <folder of models> <calls of each function> <seed>
// Prints { calls: { [function]: count }, wrong: [outcomes that are no typed error] } for each environment.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import fc from "fast-check";

const [addonPath, models, count, seed] = isMainThread ? process.argv.slice(2) : workerData;
const addon = createRequire(import.meta.url)(addonPath);
const model = join(models, "tiny-f32.gguf");
const otherModels = ["tokens", "bert", "modernbert", "unigram"].map((name) =>
  join(models, `tiny-${name}-f32.gguf`),
);

const loadOptions = {
  adapter: null,
  threads: 1,
  device: "cpu",
  gpuLayers: 0,
  mmap: true,
  int8: null,
  int8Scales: null,
  batchTokens: 64,
};

function detached(array) {
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

function shrunk() {
  const buffer = new ArrayBuffer(64, { maxByteLength: 64 });
  const array = new Uint32Array(buffer);
  buffer.resize(4);
  return array;
}

class Meant extends Error {}
const throwing = () => {
  throw new Meant();
};
const throwingProxy = new Proxy({}, { get: throwing, has: throwing, getPrototypeOf: throwing });

const arrays = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array]
  .concat([Float32Array, Float64Array])
  .flatMap((type) => [
    () => new type(),
    () => type.from([0, 1, 2, 3]),
    () => new type(8).fill(-1),
    () => detached(new type(8)),
    () => new type(new SharedArrayBuffer(16)),
    () => new type(new ArrayBuffer(64), 16, 2),
  ]);
const odd = [
  ...[undefined, null, true, false, 0, -0, -1, 0.5, 5e9, 2 ** 53, 1e308, Number.NaN, Infinity].map(
    (v) => () => v,
  ),
  ...["", "\0", "a\0b", "\ud800", "cpu", "rows", "F32", model, "x".repeat(5000)].map((v) => () => v),
  ...[1n, Symbol("s"), [], {}, [1, 2], throwing, () => {}, class {}, new Date(), /x/].map((v) => () => v),
  ...[throwingProxy, globalThis, addon, Object.create(null), new DataView(new ArrayBuffer(8))].map(
    (v) => () => v,
  ),
  () => new Proxy(new Uint32Array(4), {}),
  () => [new BigInt64Array(2), new ArrayBuffer(8), new SharedArrayBuffer(8), Promise.resolve()].at(0),
  ...(ArrayBuffer.prototype.resize ? [shrunk] : []),
  ...arrays,
];
const anything = fc.oneof(
  fc.constantFrom(...odd),
  fc.anything().map((value) => () => value),
);

const text = "Aspirin can cause asthma.";
const tokens = () => Int32Array.of(1, 2, 3, 4);
const ofModel = {
  tokenizeKnown: () => [text, Uint32Array.of(0, 7), new Int32Array(9), new Uint32Array(3)],
  tokenize: () => [text, Uint32Array.of(0, 7, 8, 11)],
  tokenizeText: () => [text, Uint32Array.of(0, 25), false],
  encode: () => [tokens(), Uint32Array.of(0, 4), new Uint32Array(), Uint32Array.of(1, 2)],
  batches: () => [],
  dispose: () => [],
};
/** Good arguments of every function. */
const ofAddon = (folder) => ({
  cpu: () => [],
  devices: () => [],
  backends: () => [],
  useBackends: () => [[]],
  inspect: () => [model],
  load: () => [model, { ...loadOptions }, null],
  quantizeTypes: () => [],
  encodeRows: () => [new Uint8Array(128), "F32", "Q8_0", 32],
  addLowRank: () => [new Float32Array(4), new Float32Array(2), new Float32Array(2), 1, 2],
  quantize: () => [
    model,
    join(folder, `${Math.random()}.gguf`),
    { type: "Q8_0", threads: 1, importance: null },
    null,
  ],
  compareWeights: () => [model, model, null],
  setLogger: () => [null],
  endJobs: () => [],
});

/** Good arguments with some replaced, missing or too many; of an object, some properties. */
function spoilt(good) {
  const step = fc.record({ at: fc.nat(5), key: fc.nat(9), value: anything, whole: fc.boolean() });
  return fc
    .tuple(fc.array(step, { minLength: 0, maxLength: 3 }), fc.integer({ min: -2, max: 1 }))
    .map(([steps, more]) => {
      const args = good();
      for (const { at, key, value, whole } of steps) {
        const arg = args[at];
        const keys = arg && typeof arg === "object" && !ArrayBuffer.isView(arg) ? Object.keys(arg) : [];
        if (whole || keys.length === 0) args[at] = value();
        else arg[keys[key % keys.length]] = value();
      }
      return more < 0 ? args.slice(0, more) : more > 0 ? [...args, {}] : args;
    });
}

const wrong = [];
const calls = {};

function judge(name, error) {
  const code = Object(error).code;
  if (error instanceof Meant || addon.errorCodes.includes(code)) return;
  // A value without a conversion, which JavaScript itself refuses.
  if (error instanceof TypeError && /convert|construct|made by load/.test(error.message)) return;
  wrong.push(`${name}: ${String(error)} (${String(code)})`);
}

async function callAll(functions, self, good) {
  for (const name of Object.keys(good)) {
    calls[name] = 0;
    const samples = fc.sample(spoilt(good[name]), { numRuns: Number(count), seed: Number(seed) });
    for (const args of samples) {
      calls[name]++;
      try {
        const result = functions[name].apply(await self(calls[name]), args);
        if (result?.promise) {
          if (calls[name] % 5 === 0) result.cancel();
          await (await result.promise)?.dispose?.();
        } else {
          await result;
        }
      } catch (error) {
        judge(name, error);
      }
    }
  }
}

/** Now and then not a model: an odd value, or a model that is disposed of. */
async function receivers() {
  const loaded = [];
  for (const path of [model, ...otherModels]) loaded.push(await addon.load(path, loadOptions, null).promise);
  const fake = Object.create(Object.getPrototypeOf(loaded[0]));
  const others = [undefined, null, 1, {}, fake, addon, throwingProxy, new Proxy(loaded[0], {})];
  return {
    functions: Object.getPrototypeOf(loaded[0]),
    receiver: async (index) =>
      index % 4 === 0 ? others[(index / 4) % others.length] : loaded[index % loaded.length],
  };
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), "vaner-doorway-"));
  if (isMainThread) process.chdir(folder); // where a strange name of an output lies
  try {
    const good = ofAddon(folder);
    const functionsOf = (object) =>
      Object.getOwnPropertyNames(object).filter(
        (name) => typeof object[name] === "function" && name !== "constructor",
      );
    const { functions, receiver } = await receivers();
    const listed = (names) => [...names].sort().join();
    if (listed(functionsOf(addon)) !== listed(Object.keys(good)))
      throw new Error(`not listed: ${functionsOf(addon)}`);
    if (listed(functionsOf(functions)) !== listed(Object.keys(ofModel)))
      throw new Error(`not listed: ${functionsOf(functions)}`);
    const NativeModel = functions.constructor;
    for (const value of odd) {
      try {
        Reflect.construct(NativeModel, [value()]);
        wrong.push("a model was constructed");
      } catch (error) {
        judge("constructor", error);
      }
    }
    const { dispose, ...methods } = ofModel;
    await callAll(functions, receiver, methods);
    await callAll(functions, receiver, { dispose });
    await callAll(functions, receiver, methods);
    const { endJobs, ...rest } = good;
    await callAll(addon, async () => addon, rest);
    await callAll(addon, async () => addon, { endJobs });
    await callAll(addon, async () => addon, rest); // all too late
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { calls, wrong };
}

if (isMainThread) {
  const workers = [1, 2].map(
    (other) =>
      new Worker(fileURLToPath(import.meta.url), {
        workerData: [addonPath, models, count, Number(seed) + other],
      }),
  );
  const results = await Promise.all([
    main(),
    ...workers.map(async (worker) => (await once(worker, "message"))[0]),
  ]);
  console.log(JSON.stringify(results));
} else {
  parentPort.postMessage(await main());
}
