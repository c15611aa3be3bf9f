import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { annotate } from "../documents/annotate.js";
import type { Document } from "../documents/document.js";
import { VanerError } from "../errors.js";
import type { Recognizer } from "../recognizer/recognizer.js";
import { type BatchJob, type BatchResult, documentsOf } from "./batches.js";
import {
  checkQueueName,
  claimQueue,
  connect,
  defaultRedis,
  disconnectAll,
  loadQueueLibraries,
} from "./connection.js";

/** Options of {@link startWorker}. */
export interface WorkerOptions {
  readonly queue: string;
  /** Default: `redis://127.0.0.1:6379`. */
  readonly redis?: string | undefined;
  /** The recognizer's model file: its hash ties the queue to the model. */
  readonly model: string;
  /** Batches at a time. Default: 2, so that the threads have work while one ends and the next starts. */
  readonly concurrency?: number | undefined;
  /** Called after each batch with its number of documents. */
  readonly onBatch?: ((documents: number) => void) | undefined;
}

/** A worker that serves a queue. */
export interface QueueWorker {
  /**
   * Finishes the batches that are under way, and takes no more. Results that do not reach Redis within 15 seconds are
   * given up: another worker gets their batches.
   */
  stop(): Promise<void>;
}

/** Milliseconds for which a batch is a worker's own after its last sign of life. */
const lockDuration = 15_000;

/** Minutes for which Redis keeps how many batches were done and failed in each. */
const metricsMinutes = 7 * 24 * 60;

/** Milliseconds between two looks at what is under way. */
const interval = 50;

/**
 * Serves a queue: annotates the batches that `annotateOnQueue` sends, until it is stopped. The recognizer is the
 * caller's, who disposes of it behind `stop`. A batch whose worker dies is given to another one.
 * @throws {VanerError} `ERR_VANER_QUEUE`, `ERR_VANER_INVALID_ARGUMENT`
 */
export async function startWorker(recognizer: Recognizer, options: WorkerOptions): Promise<QueueWorker> {
  const { queue, redis: url = defaultRedis, concurrency = 2, onBatch } = options;
  checkQueueName(queue);
  const { Worker } = await loadQueueLibraries();
  const redis = await connect(url);
  try {
    await claimQueue(redis, queue, await hashOf(options.model));
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  let reading = 0;
  const unsaved = new Set<string | undefined>();
  const worker = new Worker<BatchJob, BatchResult>(
    queue,
    async ({ id, data }) => {
      reading++;
      unsaved.add(id);
      const result = await readBatch(recognizer, data).finally(() => reading--);
      onBatch?.(result.length);
      return result;
    },
    {
      connection: redis,
      concurrency,
      maxStalledCount: 1,
      stalledInterval: 5_000,
      lockDuration,
      metrics: { maxDataPoints: metricsMinutes },
    },
  );
  // Lost connections come back by themselves.
  worker.on("error", () => {});
  worker.on("completed", ({ id }) => unsaved.delete(id));
  worker.on("failed", (job) => unsaved.delete(job?.id));
  await worker.waitUntilReady();
  return {
    async stop() {
      await worker.pause(true);
      do await setTimeout(interval);
      while (reading > 0);
      const end = Date.now() + lockDuration;
      while (unsaved.size > 0 && Date.now() < end) await setTimeout(interval);
      // By force: else it waits forever for a connection that is being made again (taskforcesh/bullmq#4656).
      await worker.close(true);
      disconnectAll(redis);
    },
  };
}

/** Reads all documents together; if that fails, one by one, so that the others have their results. */
async function readBatch(recognizer: Recognizer, job: BatchJob): Promise<BatchResult> {
  const documents = documentsOf(job);
  try {
    return await readAll(recognizer, documents, job.options);
  } catch (error) {
    if (documents.length === 1) return [failureOf(error)];
  }
  const results: BatchResult[number][] = [];
  for (const document of documents) {
    results.push(
      ...(await readAll(recognizer, [document], job.options).catch((error) => [failureOf(error)])),
    );
  }
  return results;
}

async function readAll(recognizer: Recognizer, documents: readonly Document[], options: BatchJob["options"]) {
  const results: BatchResult[number][] = [];
  for await (const { passages } of annotate(recognizer, documents, options)) {
    results.push({ found: passages.map(({ annotations }) => annotations) });
  }
  return results;
}

function failureOf(error: unknown): BatchResult[number] {
  if (error instanceof VanerError) return { code: error.code, message: error.message };
  return { code: "ERR_VANER_INTERNAL", message: String(error) };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}
