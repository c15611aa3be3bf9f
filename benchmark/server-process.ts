/** A server in a process of its own, for server.ts: it measures what the process does meanwhile. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { measureThroughput, sizeOf } from "../lib/diagnosis/speed.js";
import { sampleTexts } from "../lib/diagnosis/texts.js";
import { Recognizer } from "../lib/recognizer/recognizer.js";
import { createServer } from "../lib/server/server.js";

/** What the process can be asked for. */
export type Question = { readonly batch: number } | "begin" | "end";

/** What it answers. */
export interface Work {
  /** Of `recognizeBatch`; undefined for requests, which are counted by those who send them. */
  readonly sentencesPerSecond: number;
  readonly sentences: number;
  readonly cpuSeconds: number;
  /** 99th percentile of how late the event loop was, in milliseconds. */
  readonly delay: number;
}

const recognizer = await Recognizer.load();
const size = await sizeOf(sampleTexts, {});
const server = await createServer({ recognizer });
const url = await server.listen({ port: 0 });
const delays = monitorEventLoopDelay({ resolution: 1 });
let cpu = process.cpuUsage();

const answers = {
  begin() {
    delays.enable();
    delays.reset();
    cpu = process.cpuUsage();
    return {};
  },
  end() {
    const { user, system } = process.cpuUsage(cpu);
    delays.disable();
    // The timer itself takes its resolution of 1 ms.
    return { cpuSeconds: (user + system) / 1e6, delay: delays.percentile(99) / 1e6 - 1 };
  },
  async batch(seconds: number) {
    this.begin();
    const many = Array.from({ length: 32 }, () => sampleTexts).flat();
    const found = await measureThroughput(
      recognizer,
      many,
      { ...size, sentences: 32 * size.sentences },
      seconds,
    );
    const { sentencesPerSecond, seconds: taken } = found;
    return { sentencesPerSecond, sentences: sentencesPerSecond * taken, ...this.end() };
  },
};

process.on("message", async (question: Question) => {
  const answer = typeof question === "string" ? answers[question]() : await answers.batch(question.batch);
  process.send?.(answer);
});
process.send?.({ url, sentencesPerText: size.sentences / size.texts });
