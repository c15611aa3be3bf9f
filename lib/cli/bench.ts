import { performance } from "node:perf_hooks";
import { Command } from "commander";
import { availableThreads } from "../available-threads.js";
import {
  type Latency,
  measureLatency,
  measureThroughput,
  sizeOf,
  type TextSize,
  type Throughput,
} from "../diagnosis/speed.js";
import { sampleTexts } from "../diagnosis/texts.js";
import { invalidArgument } from "../errors.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { readInputs } from "./input.js";
import { collect, loadOptions, type ModelFlags, modelOptions, readCount, typesOption } from "./options.js";
import { print, printJson } from "./process.js";
import { renderFacts } from "./table.js";

interface Flags extends ModelFlags {
  readonly file?: string[];
  readonly types?: string[];
  readonly seconds: number;
  readonly json?: boolean;
}

/** What `vaner bench` measures. */
export interface Bench {
  /** Name of the model, as its file says. */
  readonly model: string;
  readonly devices: readonly string[];
  /** Most CPU threads that work at a time. */
  readonly threads: number;
  readonly types: readonly string[];
  readonly loadSeconds: number;
  readonly size: TextSize;
  readonly batch: Throughput;
  readonly single: Latency;
  /** Most bytes of memory that the process held, the mapped model included. */
  readonly peakMemory: number;
}

/** `vaner bench`: measures how fast a model is on this machine. */
export function benchCommand(): Command {
  const command = new Command("bench")
    .description("measure how fast texts are recognized here: in batches, and in single calls")
    .option(
      "-f, --file <file>",
      "file with the texts, one a line, in UTF-8 (default: built-in abstracts)",
      collect,
    );
  typesOption(command, "entity types to find (default: all types of the model)")
    .option("--seconds <count>", "duration of each of the two measurements", readCount, 5)
    .option("--json", "print JSON");
  return modelOptions(command).action(async (flags: Flags) => {
    const result = await bench(flags, await readTexts(flags.file));
    await (flags.json ? printJson(result) : print(render(result)));
  });
}

async function readTexts(files: readonly string[] | undefined): Promise<readonly string[]> {
  if (!files) return sampleTexts;
  const inputs = await readInputs([], files);
  const texts = inputs.flatMap(({ text }) => text.split(/\r?\n/).filter((line) => line.trim() !== ""));
  if (texts.length === 0) throw invalidArgument("--file holds no text: give a file with one text a line.");
  return texts;
}

async function bench(flags: Flags, texts: readonly string[]): Promise<Bench> {
  const options = loadOptions(flags);
  const started = performance.now();
  await using recognizer = await Recognizer.load(options);
  const loadSeconds = (performance.now() - started) / 1000;
  const { types } = flags;
  await recognizer.recognizeBatch(texts, { types }); // warms up: caches of words and instructions, memory
  const size = await sizeOf(texts, options);
  return {
    model: recognizer.info.name,
    devices: recognizer.info.devices,
    threads: flags.threads ?? availableThreads(),
    types: types ?? recognizer.types,
    loadSeconds,
    size,
    batch: await measureThroughput(recognizer, texts, size, flags.seconds, { types }),
    single: await measureLatency(recognizer, texts, flags.seconds, { types }),
    peakMemory: 1024 * process.resourceUsage().maxRSS,
  };
}

function render({
  model,
  devices,
  threads,
  types,
  loadSeconds,
  size,
  batch,
  single,
  peakMemory,
}: Bench): string {
  const milliseconds = (seconds: number) => `${(1000 * seconds).toPrecision(3)} ms`;
  const perSecond = (count: number, unit: string) => `${Number(count.toPrecision(3))} ${unit}/s`;
  return renderFacts([
    ["model", model],
    ["devices", devices.join(", ")],
    ["CPU threads", String(threads)],
    ["types", types.join(", ")],
    ["texts", `${size.texts}, of ${size.sentences} sentences and ${size.tokens} tokens`],
    ["loading", milliseconds(loadSeconds)],
    [
      "batches",
      [
        perSecond(batch.sentencesPerSecond, "sentences"),
        perSecond(batch.tokensPerSecond, "tokens"),
        perSecond(batch.textsPerSecond, "texts"),
      ].join(", "),
    ],
    [
      "single texts",
      `${milliseconds(single.p50Seconds)} (median), ${milliseconds(single.p99Seconds)} (99th percentile) of ${single.calls} calls`,
    ],
    ["peak memory", `${Math.round(peakMemory / 2 ** 20)} MiB`],
  ]);
}
