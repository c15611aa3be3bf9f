// What a process holds, and whether that grows.

import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const countOf = (folder) => (process.platform === "linux" ? readdirSync(folder).length : 0);

/** Memory, file descriptors and threads of the process, once its garbage is gone. Needs --expose-gc. */
async function holdings() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await sleep(10);
  }
  return {
    memory: process.memoryUsage.rss(),
    descriptors: countOf("/proc/self/fd"),
    threads: countOf("/proc/self/task"),
  };
}

/** Least-squares slope of y over x. */
function slopeOf(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map((point) => point[0]));
  const y = mean(points.map((point) => point[1]));
  const product = points.map((point) => (point[0] - x) * (point[1] - y));
  return mean(product) / mean(points.map((point) => (point[0] - x) ** 2));
}

/**
 * Does `round` so many times and watches what the process holds; the first fifth warms up.
 * @param most bytes that memory may grow by after the warm-up, by its slope
 * @throws if memory grows, or if descriptors or threads are left over
 */
export async function repeat(rounds, round, most = 32 * 2 ** 20) {
  const started = performance.now();
  const warm = Math.ceil(rounds / 5);
  const step = Math.max(1, Math.floor((rounds - warm) / 16));
  const samples = [];
  for (let i = 0; i < rounds; i++) {
    await round(i);
    if (i + 1 >= warm && (i + 1 - warm) % step === 0) samples.push([i + 1, await holdings()]);
  }
  const [first, last] = [samples[0][1], samples.at(-1)[1]];
  const slope = samples.length > 2 ? slopeOf(samples.map(([i, { memory }]) => [i, memory])) : 0;
  const growth = slope * (rounds - warm);
  const result = {
    rounds,
    seconds: Number(((performance.now() - started) / 1000).toFixed(1)),
    bytesPerRound: Math.round(slope),
    memory: [first.memory, last.memory],
    descriptors: [first.descriptors, last.descriptors],
    threads: [first.threads, last.threads],
  };
  const leaks = last.descriptors > first.descriptors || last.threads > first.threads;
  if (growth > most || leaks) throw new Error(`the process grows: ${JSON.stringify(result)}`);
  return result;
}

/** A source of numbers in [0, 1) that is the same in every run (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
