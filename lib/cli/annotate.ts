import { Command } from "commander";
import { annotate } from "../documents/annotate.js";
import { defaultRedis } from "../queue/connection.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { type DocumentFlags, documentOptions, runDocumentFiles } from "./document-files.js";
import { interruptSignal } from "./interrupt.js";
import { loadOptions, type ModelFlags, modelOptions } from "./options.js";
import { type RecognizeFlags, recognizeOptions, recognizeOptionsOf } from "./recognize-options.js";

interface Flags extends ModelFlags, DocumentFlags, RecognizeFlags {
  readonly queue?: string;
  readonly redis?: string;
}

/** `vaner annotate`: adds the entities of documents to them, file by file. */
export function annotateCommand(): Command {
  const command = new Command("annotate").description(
    "find the entities of documents in files, and write the documents with them",
  );
  documentOptions(command);
  recognizeOptions(command)
    .option("--queue <name>", "let the workers of a queue do it (vaner work) instead of a model here")
    .option("--redis <url>", `Redis with the queue (default: ${defaultRedis})`);
  return modelOptions(command).action(annotateFiles);
}

async function annotateFiles(sources: string[], flags: Flags): Promise<void> {
  const { queue, redis } = flags;
  const options = recognizeOptionsOf(flags);
  const signal = interruptSignal();
  if (queue !== undefined) {
    const { annotateOnQueue } = await import("../queue/annotate-on-queue.js");
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
