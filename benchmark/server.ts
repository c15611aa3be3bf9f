/**
 * Measures the server beside `recognizeBatch` of the same texts. Usage: npm run benchmark:server; see README.md.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { quantile } from "../lib/diagnosis/speed.js";
import { sampleTexts } from "../lib/diagnosis/texts.js";
import type { Question, Work } from "./server-process.js";
import { ratioOf, type Spread, spreadOf } from "./spread.js";

const options = new Command("benchmark:server")
  .description("Measures the HTTP server beside recognizeBatch of the same texts.")
  .option("--clients <count>", "clients that keep their connections", Number, 64)
  .option("--seconds <count>", "duration of each measurement", Number, 5)
  .option("--rounds <count>", "rounds; all variants take turns in each", Number, 3)
  .parse()
  .opts<{ clients: number; seconds: number; rounds: number }>();

const child = fork(fileURLToPath(new URL("server-process.js", import.meta.url)));
const [{ url, sentencesPerText }] = await once(child, "message");
const agent = new Agent({ keepAlive: true, maxSockets: options.clients });
const bodies = sampleTexts.map((text) => JSON.stringify({ text }));
let next = 0;

await load(options.clients, 2); // V8 compiles, caches fill
const rows = { batch: [] as number[], served: [] as number[], alone: [] as number[], half: [] as number[] };
const cpu = { batch: [] as number[], served: [] as number[] };
const delays: number[] = [];
for (let round = 0; round < options.rounds; round++) {
  const batch = await ask({ batch: options.seconds });
  rows.batch.push(batch.sentencesPerSecond);
  cpu.batch.push(batch.sentences / batch.cpuSeconds);

  await ask("begin");
  const served = await load(options.clients, options.seconds);
  const work = await ask("end");
  rows.served.push((served.length * sentencesPerText) / options.seconds);
  cpu.served.push((served.length * sentencesPerText) / work.cpuSeconds);
  delays.push(work.delay);

  rows.alone.push(quantile(await load(1, options.seconds), 0.99));
  rows.half.push(quantile(await arrivals(served.length / options.seconds / 2, options.seconds), 0.99));
}
child.kill();
agent.destroy();

console.log(
  [
    `recognizeBatch:            ${shown(spreadOf(rows.batch))} sentences/s, ${shown(spreadOf(cpu.batch))} in a CPU second`,
    `${options.clients} clients:`.padEnd(27) +
      `${shown(spreadOf(rows.served))} sentences/s, ${shown(spreadOf(cpu.served))} in a CPU second`,
    `ratio:                     ${shown(ratioOf(rows.served, rows.batch), 3)}, by CPU time ${shown(ratioOf(cpu.served, cpu.batch), 3)}`,
    `event loop, p99 delay:     ${shown(spreadOf(delays))} ms`,
    `p99 of a client alone:     ${shown(spreadOf(rows.alone), 2)} ms`,
    `p99 at half of that load:  ${shown(spreadOf(rows.half), 2)} ms, ${shown(ratioOf(rows.half, rows.alone), 2)} times`,
  ].join("\n"),
);

async function ask(question: Question): Promise<Work> {
  child.send(question);
  const [answer] = await once(child, "message");
  return answer;
}

/** Clients that ask again as soon as they are answered. @returns the durations of their requests, in milliseconds */
async function load(clients: number, seconds: number): Promise<number[]> {
  const durations: number[] = [];
  const end = performance.now() + 1000 * seconds;
  const client = async () => {
    while (performance.now() < end) durations.push(await post());
  };
  await Promise.all(Array.from({ length: clients }, client));
  return durations.sort((a, b) => a - b);
}

/** Requests that come at a rate, whether those before are answered or not. @returns as {@link load} */
async function arrivals(perSecond: number, seconds: number): Promise<number[]> {
  const asked: Promise<number>[] = [];
  const start = performance.now();
  for (let due = 0; due < 1000 * seconds; due += -Math.log(1 - Math.random()) * (1000 / perSecond)) {
    const wait = start + due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    asked.push(post());
  }
  return (await Promise.all(asked)).sort((a, b) => a - b);
}

/** Sends the next text. @returns the duration, in milliseconds */
async function post(): Promise<number> {
  const started = performance.now();
  const headers = { "content-type": "application/json" };
  const asked = request(`${url}/v1/recognize`, { method: "POST", agent, headers });
  asked.end(bodies[next++ % bodies.length]);
  const [response] = await once(asked, "response");
  response.resume();
  await once(response, "end");
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  return performance.now() - started;
}

function shown({ median, min, max }: Spread, digits = 1): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)}, ${max.toFixed(digits)}]`;
}
