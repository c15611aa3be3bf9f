/**
 * Benchmark: compares the engine with its peers on the same text, model and number of threads.
 * Usage: npm run benchmark -- [options]; see README.md.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { devices } from "../lib/binding/devices.js";
import { defaultModelPath } from "../lib/model-path.js";
import { measureCorpus } from "./measures/corpus.js";
import { measureLatency } from "./measures/latency.js";
import { openLimits, operationsPerToken } from "./measures/limits.js";
import { measureStart } from "./measures/start.js";
import { measureThroughput } from "./measures/throughput.js";
import { openPeers, peerNames } from "./peers/all.js";
import { renderReport } from "./render.js";
import { describeMachine, type Report, throughputRows } from "./report.js";
import { countComputed, countTokens, equalSequences, recordSequences } from "./sequences.js";
import { findPython, type SetName, type Settings, say, workFolder } from "./settings.js";
import { makeSentences, readSentences } from "./text.js";

interface Options {
  readonly model: string;
  readonly threads: number;
  readonly rounds: number;
  readonly sentences: number;
  readonly types: string[];
  readonly peers: string[];
  readonly corpus: number[];
  readonly text?: string;
  readonly json?: string;
  readonly avx2?: true;
  readonly quick?: true;
}

const command = new Command("benchmark")
  .description(
    "Compares the engine with its peers. The tables go to standard output, progress to standard error.",
  )
  .option("--model <file>", "a GGUF file of format 1 or 2", defaultModelPath())
  .option("--threads <n>", "threads for every peer", whole, availableParallelism())
  .option("--rounds <n>", "rounds; every peer runs in each of them", whole, 5)
  .option("--sentences <n>", "sentences per round", whole, 64)
  .option("--types <list>", "entity types; runs with one type use the first", list, [
    "Disease",
    "Chemical",
    "Gene",
    "Species",
  ])
  .option("--peers <list>", `of ${peerNames.join(", ")}; "none" measures the engine alone`, list, [
    ...peerNames,
  ])
  .option(
    "--corpus <list>",
    "corpus sizes for recognizeStream, in sentences; 0 skips this part",
    wholes,
    [1000],
  )
  .option("--text <file>", "file with one sentence per line, instead of the built-in text")
  .option("--json <file>", "also write all results as JSON, every round included")
  .option(
    "--avx2",
    "restrict every peer to AVX2, as on a CPU without AVX-512; peers without such a setting are skipped",
  )
  .option("--quick", "a short run to check the setup: two rounds, few sentences, no corpus");

await benchmark(command.parse().opts<Options>());

async function benchmark(options: Options): Promise<void> {
  const quick = options.quick ? { rounds: 2, sentences: 8, corpus: [0] } : {};
  const chosen = { ...options, ...quick };
  const { types, peers, corpus, json, rounds } = chosen;
  const settings = await prepare(chosen);

  const opened = await openPeers(settings, types, peers);
  const limits = attempt("the machine's limits", () => openLimits(settings));
  const throughput = await measureThroughput(opened.ready, rounds, limits);
  const rows = throughputRows(throughput, await operationsPerToken(settings.model));
  for (const peer of opened.ready) await peer.close();

  const report: Report = {
    machine: describeMachine(devices()),
    settings,
    skipped: opened.skipped,
    ...rows,
    start: await measureStart(settings),
    latency: await measureLatency(settings, options.quick ? 2 : 10),
    corpus: await measureCorpus(
      settings,
      corpus.filter((sentences) => sentences > 0),
    ),
  };
  process.stdout.write(renderReport(report));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** Writes the text and its token sequences to files that all peers read. */
async function prepare(options: Options): Promise<Settings> {
  const { model, threads, rounds, sentences: count, text: path } = options;
  const type = options.types[0] as string;
  // All child processes inherit these.
  if (options.avx2)
    Object.assign(process.env, {
      VANER_CPU: "avx2",
      ATEN_CPU_CAPABILITY: "avx2",
      ONEDNN_MAX_CPU_ISA: "AVX2",
      MKL_ENABLE_INSTRUCTIONS: "AVX2",
    });
  const sentences = path === undefined ? makeSentences(count) : readSentences(path, count);
  const text = await recordSequences(model, sentences, type);
  const sets = { text, equal: equalSequences(text, 64), probe: text.slice(0, 4) };
  mkdirSync(workFolder, { recursive: true });
  const textPath = join(workFolder, "text.json");
  const sequencesPath = join(workFolder, "sequences.json");
  writeFileSync(textPath, JSON.stringify(sentences));
  writeFileSync(sequencesPath, JSON.stringify(sets));
  return {
    model,
    threads,
    rounds,
    sentences: count,
    type,
    textPath,
    sequencesPath,
    tokens: counted(sets, countTokens),
    computed: counted(sets, countComputed),
    sequences: counted(sets, (set) => set.length),
    python: findPython(),
    avx2Only: options.avx2 ?? false,
  };
}

function counted<Set>(sets: Record<SetName, Set>, count: (set: Set) => number): Record<SetName, number> {
  return { text: count(sets.text), equal: count(sets.equal), probe: count(sets.probe) };
}

function attempt<Result>(what: string, work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    say(`skipped: ${what}: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
    return undefined;
  }
}

function whole(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("Give a whole number from 1.");
  return number;
}

function list(value: string): string[] {
  return value.split(",").filter((item) => item !== "");
}

function wholes(value: string): number[] {
  return value === "0" ? [0] : list(value).map(whole);
}
