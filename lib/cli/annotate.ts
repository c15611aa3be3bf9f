import { stat } from "node:fs/promises";
import { Command } from "commander";
import { annotate } from "../documents/annotate.js";
import { invalidArgument } from "../errors.js";
import { defaultModelPath } from "../model-path.js";
import { defaultRedis } from "../queue/connection.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { type DocumentFlags, documentOptions, runDocumentFiles, stopSignal } from "./document-files.js";
import { loadOptions, type ModelFlags, modelOptions, readCount } from "./options.js";
import { type RecognizeFlags, recognizeOptions, recognizeOptionsOf } from "./recognize-options.js";

interface Flags extends ModelFlags, DocumentFlags, RecognizeFlags {
  readonly queue?: string;
  readonly redis?: string;
  readonly keep?: number;
}

/** `vaner annotate`: adds the entities of documents to them, file by file. */
export function annotateCommand(): Command {
  const command = new Command("annotate").description(
    "find the entities of documents in files, and write the documents with them",
  );
  documentOptions(command);
  recognizeOptions(command)
    .option("--queue <name>", "let the workers of a queue do it (vaner work) instead of a model here")
    .option("--redis <url>", `Redis with the queue (default: ${defaultRedis})`)
    .option("--keep <seconds>", "how long Redis keeps results (default: 86400, a day)", readCount);
  return modelOptions(command).action(annotateFiles);
}

async function annotateFiles(sources: string[], flags: Flags): Promise<void> {
  const { queue, redis, keep } = flags;
  const options = recognizeOptionsOf(flags);
  refuseIgnored(flags);
  const signal = stopSignal(sources, flags);
  if (queue !== undefined) {
    const { annotateOnQueue } = await import("../queue/annotate-on-queue.js");
    await runDocumentFiles(sources, flags, {
      label: "annotating",
      transform: (documents) =>
        annotateOnQueue(documents, { queue, redis, keep, recognize: options, signal }),
      annotates: true,
      settings: { options, queue },
    });
    return;
  }
  const recognizer = await Recognizer.load({ ...loadOptions(flags), signal });
  try {
    const model = await describeModel(flags);
    await runDocumentFiles(sources, flags, {
      label: "annotating",
      transform: (documents) => annotate(recognizer, documents, { ...options, signal }),
      annotates: true,
      settings: { options, model },
    });
  } finally {
    await recognizer.dispose();
  }
}

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` for an option that has no effect with, or without, a queue */
function refuseIgnored(flags: Flags): void {
  const { model, adapter, threads, gpu, int8, int8Scales, mmap, queue, redis, keep } = flags;
  const ofModel = {
    model,
    adapter,
    threads,
    gpu,
    int8,
    "int8-scales": int8Scales,
    "no-mmap": !mmap || undefined,
  };
  const ignored = Object.entries(queue === undefined ? { redis, keep } : ofModel);
  const [name] = ignored.find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw invalidArgument(
    queue === undefined
      ? `--${name} is for --queue.`
      : `--${name} is for the workers of the queue: vaner work.`,
  );
}

/** What results depend on: the model's files, and how its products are computed. */
async function describeModel({
  model = defaultModelPath(),
  adapter,
  int8 = "auto",
  int8Scales = "auto",
}: ModelFlags) {
  const paths = adapter === undefined ? [model] : [model, adapter];
  const files = await Promise.all(paths.map((path) => stat(path)));
  return { files: files.map(({ size, mtimeMs }) => ({ size, modified: mtimeMs })), int8, int8Scales };
}
