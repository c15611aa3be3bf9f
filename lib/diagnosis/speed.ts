import { performance } from "node:perf_hooks";
import { Stop } from "../async/signals.js";
import { type LoadOptions, loadModel } from "../recognizer/load.js";
import type { RecognizeOptions } from "../recognizer/query.js";
import type { Recognizer } from "../recognizer/recognizer.js";
import { segment } from "../text/segment.js";

/** How much text there is. */
export interface TextSize {
  readonly texts: number;
  /** By this library's segmentation. */
  readonly sentences: number;
  /** Tokens of the texts, without instructions, counted once however often a model reads them. */
  readonly tokens: number;
}

/** Speed of `recognizeBatch`. */
export interface Throughput {
  /** How often all texts were recognized. */
  readonly rounds: number;
  readonly seconds: number;
  readonly textsPerSecond: number;
  readonly sentencesPerSecond: number;
  readonly tokensPerSecond: number;
}

/** Duration of single calls of `recognize`, one after the other. */
export interface Latency {
  readonly calls: number;
  readonly p50Seconds: number;
  readonly p99Seconds: number;
}

/** Measures texts, with the tokenizer of a model. @throws as `Recognizer.load` */
export async function sizeOf(texts: readonly string[], options: LoadOptions): Promise<TextSize> {
  const model = await loadModel(options);
  try {
    const sources = texts.map((text) => ({ text }));
    const units = await model.tokenize(sources, {}, options.signal ?? new Stop());
    const tokens = units.map(({ offsets }) => (offsets.at(-1) ?? 0) - (offsets[0] ?? 0));
    const sentences = texts.map((text) => segment(text).sentences.length - 1);
    return { texts: texts.length, sentences: sum(sentences), tokens: sum(tokens) };
  } finally {
    await model.native.dispose();
  }
}

/** Recognizes all texts again and again, for at least so many seconds. */
export async function measureThroughput(
  recognizer: Recognizer,
  texts: readonly string[],
  size: TextSize,
  seconds: number,
  options: RecognizeOptions = {},
): Promise<Throughput> {
  const started = performance.now();
  let rounds = 0;
  let elapsed: number;
  do {
    await recognizer.recognizeBatch(texts, options);
    rounds++;
    elapsed = (performance.now() - started) / 1000;
  } while (elapsed < seconds);
  const perSecond = (count: number) => (rounds * count) / elapsed;
  return {
    rounds,
    seconds: elapsed,
    textsPerSecond: perSecond(size.texts),
    sentencesPerSecond: perSecond(size.sentences),
    tokensPerSecond: perSecond(size.tokens),
  };
}

/** Recognizes text by text, in turn, for at least so many seconds. */
export async function measureLatency(
  recognizer: Recognizer,
  texts: readonly string[],
  seconds: number,
  options: RecognizeOptions = {},
): Promise<Latency> {
  const durations: number[] = [];
  const end = performance.now() + 1000 * seconds;
  do {
    const started = performance.now();
    await recognizer.recognize(texts[durations.length % texts.length] ?? "", options);
    durations.push((performance.now() - started) / 1000);
  } while (performance.now() < end || durations.length < texts.length);
  durations.sort((a, b) => a - b);
  return {
    calls: durations.length,
    p50Seconds: quantile(durations, 0.5),
    p99Seconds: quantile(durations, 0.99),
  };
}

/** Nearest rank. @param sorted ascending, not empty */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
