import { stat } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { Document } from "../documents/document.js";
import { expandInputs } from "../documents/job/plan.js";
import { runFiles, type Transform } from "../documents/job/run-files.js";
import type { FileResult } from "../documents/job/sink.js";
import { documentFormats, formatForOutput, formatNamed } from "../documents/registry.js";
import { interruptSignal } from "./interrupt.js";
import { type ReadFlags, readCount, readOptions } from "./options.js";
import { printJson } from "./process.js";
import { startProgress } from "./progress.js";

/** Flags of the commands that read and write files of documents. */
export interface DocumentFlags extends ReadFlags {
  readonly output: string;
  readonly inputFormat?: string;
  readonly outputFormat?: string;
  readonly onError?: "fail" | "skip";
  readonly shard?: number;
  readonly compress?: "gz" | "zst";
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** Adds the inputs and the flags of {@link DocumentFlags} to a command. */
export function documentOptions(command: Command): Command {
  const readable = documentFormats.filter((format) => format.read).map(({ name }) => name);
  const writable = documentFormats.filter(({ writer, parts }) => writer || parts).map(({ name }) => name);
  command
    .argument(
      "<input...>",
      "files, folders or glob patterns; .gz and .zst are decompressed; - is standard input",
    )
    .requiredOption(
      "-o, --output <path>",
      "file to write; a folder for several inputs; .gz and .zst are compressed; - is standard output",
    )
    .addOption(new Option("--input-format <format>", "default: what each file looks like").choices(readable))
    .addOption(
      new Option(
        "--output-format <format>",
        "default: by the ending of the output, else that of the input, else jsonl",
      ).choices(writable),
    );
  return readOptions(command)
    .addOption(
      new Option(
        "--on-error <action>",
        "what to do with a malformed document: fail, or skip = write it to <output>.rejected.jsonl and go on",
      )
        .choices(["fail", "skip"])
        .default("fail"),
    )
    .option(
      "--shard <count>",
      "documents a file: cut each output into <name>-00001.<ending> and so on (default: one file)",
      readCount,
    )
    .addOption(
      new Option("--compress <ending>", "compress the files of an output folder").choices(["gz", "zst"]),
    )
    .option("--resume", "go on with unfinished outputs, and leave complete ones alone")
    .option("--json", "print a summary as JSON");
}

/** The signal that stops a command; its reason says whether the run can go on. */
export function stopSignal(sources: readonly string[], { output, outputFormat }: DocumentFlags): AbortSignal {
  const format = outputFormat === undefined ? formatForOutput(output) : formatNamed(outputFormat);
  const resumable = format?.resumable !== false && ![...sources, output].includes("-");
  const signal = interruptSignal(resumable ? "; the same command with --resume goes on there" : "");
  // A read of standard input would keep the process until something comes.
  if (sources.includes("-")) signal.addEventListener("abort", () => process.stdin.destroy(), { once: true });
  return signal;
}

/** What a command does with the documents. */
export interface DocumentWork {
  readonly label: string;
  readonly transform: Transform;
  readonly annotates: boolean;
  /** As in `RunFilesOptions`. */
  readonly settings?: unknown;
}

/** Runs the files of a command, with a progress bar, and prints the summary. */
export async function runDocumentFiles(
  sources: readonly string[],
  flags: DocumentFlags,
  { label, transform, annotates, settings }: DocumentWork,
): Promise<void> {
  const inputs = await expandInputs(sources);
  const progress = startProgress(label, await sizeOf(inputs), { documents: true });
  const started = performance.now();
  const files: FileResult[] = [];
  let bytes = 0;
  let [read, done] = [0, 0]; // documents
  async function* noted(documents: AsyncIterable<Document>) {
    for await (const document of documents) {
      read++;
      yield document;
    }
  }
  async function* counted(documents: AsyncIterable<Document>) {
    for await (const document of transform(noted(documents))) {
      done++;
      progress.update((bytes * done) / read, done); // more is read than is done
      yield document;
    }
  }
  try {
    const { inputFormat, outputFormat, encoding, idField, textField, labels, onError } = flags;
    const { shard, compress, resume } = flags;
    const results = runFiles(counted, inputs, flags.output, {
      ...{ inputFormat, outputFormat, encoding, labels, onError, annotates, settings },
      ...{ shard, compress, resume },
      fields: { id: idField, text: textField },
      onBytes: (count) => {
        bytes += count;
      },
      onRejected: ({ reason }) => process.stderr.write(`vaner: left out: ${reason}\n`),
    });
    for await (const result of results) files.push(result);
  } finally {
    progress.stop();
  }
  const summary = summarize(files, (performance.now() - started) / 1000);
  if (flags.json && flags.output !== "-") await printJson({ ...summary, files });
  else process.stderr.write(render(summary));
}

/** Bytes of all files; 0 for standard input. */
async function sizeOf(inputs: readonly string[]): Promise<number> {
  const sizes = inputs.map(async (input) => (input === "-" ? 0 : (await stat(input)).size));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** What a run did, over all files. */
interface Summary {
  readonly documents: number;
  readonly resumed: number;
  readonly rejected: number;
  readonly seconds: number;
  readonly documentsPerSecond: number;
}

function summarize(files: readonly FileResult[], seconds: number): Summary {
  const total = (key: "documents" | "resumed" | "rejected") =>
    files.reduce((sum, file) => sum + file[key], 0);
  const [documents, resumed, rejected] = [total("documents"), total("resumed"), total("rejected")];
  return { documents, resumed, rejected, seconds, documentsPerSecond: (documents - resumed) / seconds };
}

function render({ documents, resumed, rejected, seconds, documentsPerSecond }: Summary): string {
  const parts = [
    `${documents.toLocaleString("en")} ${documents === 1 ? "document" : "documents"}`,
    ...(resumed > 0 ? [`${resumed.toLocaleString("en")} of them before`] : []),
    ...(rejected > 0 ? [`${rejected.toLocaleString("en")} malformed left out`] : []),
  ];
  return `${parts.join(", ")}, in ${seconds.toFixed(1)} s (${documentsPerSecond.toFixed(1)} documents/s)\n`;
}
