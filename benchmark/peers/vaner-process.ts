/**
 * The engine as its users run it: the public API of dist/, in its own process.
 *
 * Usage: node vaner-process.js ROOT MODEL TEXT.json THREADS TYPE FIRST_SENTENCE
 * Speaks the protocol of worker.ts.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { quantile } from "../spread.js";
import { type JavaScriptShare, watchJavaScript } from "./javascript.js";

type Api = typeof import("../../lib/index.js");

/** One recognizeBatch call, with each sentence as a text. */
export interface BatchRequest {
  readonly do: "batch";
  readonly types: readonly string[];
  /** Number of sentences, from the start of the text. */
  readonly sentences: number;
}
/** Concurrent callers; each waits for its answer before it sends the next sentence. */
export interface LatencyRequest {
  readonly do: "latency";
  readonly callers: number;
  readonly seconds: number;
}
/** A stream of the sentences, repeated up to a number. */
export interface CorpusRequest {
  readonly do: "corpus";
  readonly sentences: number;
}
export interface BatchAnswer extends JavaScriptShare {
  readonly seconds: number;
  readonly peakBytes: number;
}
export interface LatencyAnswer extends JavaScriptShare {
  readonly calls: number;
  readonly seconds: number;
  /** In milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly eventLoopDelayP99: number;
}

const [root, model, textPath, threads, type, first] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const { Recognizer }: Api = await import(pathToFileURL(join(root, "dist", "index.js")).href);
const recognizer = await Recognizer.load({ model, threads: Number(threads), gpu: false });
await recognizer.recognize(first, { types: [type] });
answer({ ready: true, version: `node ${process.version}` });

const sentences: string[] = JSON.parse(readFileSync(textPath, "utf8"));
for await (const line of createInterface({ input: process.stdin })) {
  const request: BatchRequest | LatencyRequest | CorpusRequest = JSON.parse(line);
  if (request.do === "batch") answer(await measureBatch(request));
  else if (request.do === "latency") answer(await measureLatency(request));
  else answer(await measureCorpus(request));
}

async function measureBatch({ types, sentences: count }: BatchRequest): Promise<BatchAnswer> {
  const texts = sentences.slice(0, count);
  return timed(() => recognizer.recognizeBatch(texts, { types }));
}

async function measureCorpus({ sentences: count }: CorpusRequest): Promise<BatchAnswer> {
  function* texts() {
    for (let index = 0; index < count; index++) yield sentences[index % sentences.length] as string;
  }
  return timed(async () => {
    for await (const _ of recognizer.recognizeStream(texts(), { types: [type] }));
  });
}

async function timed(work: () => Promise<unknown>): Promise<BatchAnswer> {
  const javascript = watchJavaScript();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  return { seconds, ...javascript(), peakBytes: process.resourceUsage().maxRSS * 1024 };
}

async function measureLatency({ callers, seconds }: LatencyRequest): Promise<LatencyAnswer> {
  const javascript = watchJavaScript();
  const start = performance.now();
  const times = await callFor(callers, seconds);
  const shares = { seconds: (performance.now() - start) / 1000, ...javascript() };
  // A separate run: the timer takes 2 % of a CPU, which would distort the shares above.
  const resolution = 1;
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  await callFor(callers, seconds);
  delays.disable();
  return {
    calls: times.length,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    // The histogram holds timer intervals in nanoseconds.
    eventLoopDelayP99: Math.max(0, delays.percentile(99) / 1e6 - resolution),
    ...shares,
  };
}

/** Runs concurrent callers for a while. @returns the duration of each call in milliseconds */
async function callFor(callers: number, seconds: number): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const end = performance.now() + 1000 * seconds;
  const call = async () => {
    while (performance.now() < end) {
      const asked = performance.now();
      await recognizer.recognize(sentences[next++ % sentences.length] as string, { types: [type] });
      times.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return times;
}

function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
