import { once } from "node:events";
import { Command } from "commander";
import { defaultModelPath } from "../model-path.js";
import { defaultRedis } from "../queue/connection.js";
import { startWorker } from "../queue/worker.js";
import { Recognizer } from "../recognizer/recognizer.js";
import { interruptSignal } from "./interrupt.js";
import { loadOptions, type ModelFlags, modelOptions, readCount } from "./options.js";
import { type Progress, startProgress } from "./progress.js";

interface Flags extends ModelFlags {
  readonly queue: string;
  readonly redis?: string;
  readonly concurrency?: number;
}

/** `vaner work`: annotates what `vaner annotate --queue` sends. */
export function workCommand(): Command {
  const command = new Command("work")
    .description("annotate the documents of a queue until stopped; needs the packages bullmq and ioredis")
    .requiredOption("--queue <name>", "name of the queue; all its workers need the same model")
    .option("--redis <url>", `Redis with the queue (default: ${defaultRedis})`)
    .option("--concurrency <count>", "batches at a time (default: 2)", readCount);
  return modelOptions(command).action(work);
}

async function work(flags: Flags): Promise<void> {
  const { queue, redis, concurrency } = flags;
  const signal = interruptSignal();
  const recognizer = await Recognizer.load({ ...loadOptions(flags), signal });
  try {
    let documents = 0;
    let progress: Progress | undefined;
    const model = flags.model ?? defaultModelPath();
    const onBatch = (count: number) => {
      documents += count;
      progress?.update(0, documents);
    };
    const worker = await startWorker(recognizer, { queue, redis, concurrency, model, onBatch });
    process.stderr.write(`Waiting for documents in the queue ${queue}. Stop with Ctrl+C.\n`);
    progress = startProgress("working", 0, { documents: true });
    if (!signal.aborted) await once(signal, "abort"); // it may have come while the worker started
    await worker.stop();
    progress.stop();
    process.stderr.write(`${documents.toLocaleString("en")} documents\n`);
  } finally {
    await recognizer.dispose();
  }
}
