import { stat } from "node:fs/promises";
import { Command, Option } from "commander";
import { type Overlaps, overlapPolicies } from "../decoding/overlaps.js";
import { annotateFiles, type FileResult } from "../documents/job/annotate-files.js";
import { expandInputs } from "../documents/job/plan.js";
import { documentFormats } from "../documents/registry.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { interruptSignal } from "./interrupt.js";
import { datasetHelp, loadOptions, type ModelFlags, modelOptions, readNames } from "./options.js";
import { printJson } from "./process.js";
import { startProgress } from "./progress.js";

interface Flags extends ModelFlags {
  readonly output: string;
  readonly inputFormat?: string;
  readonly outputFormat?: string;
  readonly encoding?: string;
  readonly idField?: string;
  readonly textField?: string;
  readonly types?: string[];
  readonly dataset?: string;
  readonly overlaps?: Overlaps;
  readonly consistency?: boolean;
  readonly lines?: boolean;
  readonly onError?: "fail" | "skip";
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** `vaner annotate`: adds the entities of documents to them, file by file. */
export function annotateCommand(): Command {
  const readable = documentFormats.filter((format) => format.read).map(({ name }) => name);
  const writable = documentFormats.filter((format) => format.writer).map(({ name }) => name);
  const command = new Command("annotate")
    .description("find the entities of documents in files, and write the documents with them")
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
    )
    .option("--encoding <encoding>", "of the input (default: UTF-8, or UTF-16 with a byte order mark)")
    .option("--id-field <name>", "field with the id of a document, in JSON lines and tables (default: id)")
    .option("--text-field <name>", "field with its text (default: text)")
    .option(
      "-t, --types <types>",
      "entity types to find, separated by commas (default: all of the model)",
      readNames,
    )
    .option("-d, --dataset <dataset>", datasetHelp)
    .addOption(
      new Option(
        "--overlaps <policy>",
        "entities of different types that overlap: keep all, or resolve to the best",
      ).choices(overlapPolicies),
    )
    .option("--no-consistency", "do not find again in a document what was found in it once")
    .option("--lines", "read every line as one sentence (default: as the text looks)")
    .option("--no-lines", "read line breaks as spaces, except blank lines")
    .addOption(
      new Option(
        "--on-error <action>",
        "what to do with a malformed document: fail, or skip = write it to <output>.rejected.jsonl and go on",
      )
        .choices(["fail", "skip"])
        .default("fail"),
    )
    .option("--resume", "go on with unfinished outputs, and leave complete ones alone")
    .option("--json", "print a summary as JSON");
  return modelOptions(command).action(annotateInputs);
}

async function annotateInputs(sources: string[], flags: Flags): Promise<void> {
  const inputs = await expandInputs(sources);
  const signal = interruptSignal();
  const recognizer = await Recognizer.load({ ...loadOptions(flags), signal });
  const progress = startProgress("annotating", await sizeOf(inputs));
  const started = performance.now();
  const files: FileResult[] = [];
  let bytes = 0;
  try {
    const { inputFormat, outputFormat, encoding, idField, textField, onError, resume } = flags;
    const { types, dataset, overlaps, consistency, lines } = flags;
    const results = annotateFiles(recognizer, inputs, flags.output, {
      ...{ inputFormat, outputFormat, encoding, onError, resume },
      fields: { id: idField, text: textField },
      recognize: { types, dataset, overlaps, consistency, lines, signal },
      onBytes: (count) => {
        bytes += count;
        progress.update(bytes);
      },
      onRejected: ({ reason }) => process.stderr.write(`vaner: left out: ${reason}\n`),
    });
    for await (const result of results) files.push(result);
  } finally {
    progress.stop();
    await recognizer.dispose();
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
    `${documents.toLocaleString("en")} documents`,
    ...(resumed > 0 ? [`${resumed.toLocaleString("en")} of them before`] : []),
    ...(rejected > 0 ? [`${rejected.toLocaleString("en")} malformed left out`] : []),
  ];
  return `${parts.join(", ")}, in ${seconds.toFixed(1)} s (${documentsPerSecond.toFixed(1)} documents/s)\n`;
}
