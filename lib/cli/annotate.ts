import { Command, Option } from "commander";
import type { Aggregation } from "../decoding/aggregation.js";
import { type Overlaps, overlapPolicies } from "../decoding/overlaps.js";
import { annotate } from "../documents/annotate.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { defaultRedis } from "../work/connection.js";
import { type DocumentFlags, documentOptions, runDocumentFiles } from "./document-files.js";
import { interruptSignal } from "./interrupt.js";
import {
  aggregationOption,
  datasetHelp,
  loadOptions,
  type ModelFlags,
  modelOptions,
  typesOption,
} from "./options.js";

interface Flags extends ModelFlags, DocumentFlags {
  readonly types?: string[];
  readonly dataset?: string;
  readonly overlaps?: Overlaps;
  readonly aggregation?: Aggregation;
  readonly consistency?: boolean;
  readonly lines?: boolean;
  readonly queue?: string;
  readonly redis?: string;
}

/** `vaner annotate`: adds the entities of documents to them, file by file. */
export function annotateCommand(): Command {
  const command = new Command("annotate").description(
    "find the entities of documents in files, and write the documents with them",
  );
  documentOptions(command);
  typesOption(command, "entity types to find, separated by commas (default: all of the model)")
    .option("-d, --dataset <dataset>", datasetHelp)
    .addOption(
      new Option(
        "--overlaps <policy>",
        "entities of different types that overlap: keep all, or resolve to the best (default: keep)",
      ).choices(overlapPolicies),
    )
    .addOption(aggregationOption())
    .option("--no-consistency", "do not find again in a document what was found in it once")
    .option("--lines", "read every line as one sentence (default: as the text looks)")
    .option("--no-lines", "read line breaks as spaces, except blank lines")
    .option("--queue <name>", "let the workers of a queue do it (vaner work) instead of a model here")
    .option("--redis <url>", `Redis with the queue (default: ${defaultRedis})`);
  return modelOptions(command).action(annotateFiles);
}

async function annotateFiles(sources: string[], flags: Flags): Promise<void> {
  const { types, dataset, overlaps, aggregation, consistency, lines, queue, redis } = flags;
  const options = { types, dataset, overlaps, aggregation, consistency, lines };
  const signal = interruptSignal();
  if (queue !== undefined) {
    const { annotateOnQueue } = await import("../work/annotate-on-queue.js");
    await runDocumentFiles(sources, flags, {
      label: "annotating",
      transform: (documents) => annotateOnQueue(documents, { queue, redis, recognize: options, signal }),
      annotates: true,
      settings: { options, queue },
    });
    return;
  }
  const recognizer = await Recognizer.load({ ...loadOptions(flags), signal });
  try {
    const { name, parameterCount, template, heads, adapter } = recognizer.info;
    await runDocumentFiles(sources, flags, {
      label: "annotating",
      transform: (documents) => annotate(recognizer, documents, { ...options, signal }),
      annotates: true,
      settings: { options, model: { name, parameterCount, template, heads, adapter } },
    });
  } finally {
    await recognizer.dispose();
  }
}
