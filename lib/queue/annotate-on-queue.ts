import { setTimeout } from "node:timers/promises";
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { unlessAborted } from "../async/signals.js";
import type { Document } from "../documents/document.js";
import type { FailedDocument } from "../documents/job/file-job.js";
import { VanerError, type VanerErrorCode } from "../errors.js";
import { type BatchJob, type BatchResult, isResultOf, jobId, jobOf, withFound } from "./batches.js";
import { checkQueueName, connect, defaultRedis, loadQueueLibraries, modelOf } from "./connection.js";

/** Options of {@link annotateOnQueue}. */
export interface QueueOptions {
  readonly queue: string;
  /** Default: `redis://127.0.0.1:6379`. */
  readonly redis?: string | undefined;
  readonly recognize?: BatchJob["options"] | undefined;
  /** Documents a job. Default: 32. */
  readonly batch?: number | undefined;
  /** Jobs that wait or are under way. Default: 64. */
  readonly ahead?: number | undefined;
  /** Seconds for which Redis keeps results, so that a job that is sent again is not computed again. Default: a day. */
  readonly keep?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds between two looks at a job. */
const interval = 50;

const secondsADay = 24 * 3600;

/** A job that is sent. */
interface Sent {
  readonly id: string;
  readonly job: BatchJob;
  readonly documents: readonly Document[];
  /** Seconds for which its result is kept. */
  readonly keep: number;
}

/**
 * Has documents annotated by the workers of a queue, and gives them in their order. Memory is bounded. Workers and Redis
 * may come and go: a job without a result is sent again, and one that has a result is not computed again.
 * @returns the documents, and in their places those that workers could not read
 * @throws {VanerError} `ERR_VANER_QUEUE`, `ERR_VANER_INVALID_ARGUMENT`; the signal's reason
 */
export async function* annotateOnQueue(
  documents: AsyncIterable<Document> | Iterable<Document>,
  options: QueueOptions,
): AsyncGenerator<Document | FailedDocument, void, undefined> {
  const { queue: name, redis: url = defaultRedis, recognize = {}, batch = 32, ahead = 64 } = options;
  const { keep = secondsADay, signal } = options;
  checkQueueName(name);
  const { Queue } = await loadQueueLibraries();
  const redis = await connect(url);
  const queue = new Queue<BatchJob, BatchResult>(name, { connection: redis });
  queue.on("error", () => {}); // lost connections come back by themselves
  // What asks Redis waits as long as there is none.
  const orAborted = <Value>(asked: Promise<Value>) => unlessAborted(asked, signal);
  try {
    const model = await orAborted(awaitModel(redis, name, signal));
    const waiting: Sent[] = [];
    for await (const some of batchesOf(documents, batch)) {
      const job = jobOf(some, recognize);
      const sent = { id: jobId(model, job), job, documents: some, keep };
      await orAborted(send(queue, sent));
      waiting.push(sent);
      if (waiting.length >= ahead)
        yield* await orAborted(receive(queue, waiting.shift() as Sent, model, signal));
    }
    for (const sent of waiting) yield* await orAborted(receive(queue, sent, model, signal));
  } finally {
    await queue.close();
    redis.disconnect();
  }
}

/** Waits for the first worker: the ids of jobs depend on its model. */
async function awaitModel(redis: Redis, queue: string, signal: AbortSignal | undefined): Promise<string> {
  for (;;) {
    const model = await modelOf(redis, queue);
    if (model !== undefined) return model;
    await setTimeout(interval);
    signal?.throwIfAborted();
  }
}

async function* batchesOf(documents: AsyncIterable<Document> | Iterable<Document>, size: number) {
  let batch: Document[] = [];
  for await (const document of documents) {
    batch.push(document);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Sends a job, unless it is there already; one that failed in an earlier run is tried again. */
async function send(queue: Queue<BatchJob, BatchResult>, { id, job, keep }: Sent): Promise<void> {
  const kept = { age: keep };
  const added = await queue.add("batch", job, {
    jobId: id,
    attempts: 3,
    backoff: { type: "exponential", delay: 1_000 },
    removeOnComplete: kept,
    removeOnFail: kept,
  });
  if (await added.isFailed()) await added.retry();
}

/** Waits for the result of a job. Its documents are tried one by one if they ended their workers together. */
async function receive(
  queue: Queue<BatchJob, BatchResult>,
  sent: Sent,
  model: string,
  signal: AbortSignal | undefined,
): Promise<(Document | FailedDocument)[]> {
  for (;;) {
    const state = await queue.getJobState(sent.id);
    // Read after its state: a job that was read before may lack its result.
    const job = await queue.getJob(sent.id);
    if (!job)
      await send(queue, sent); // Redis lost it
    else if (state === "completed") return documentsWith(sent.documents, job.returnvalue);
    else if (state === "failed") {
      if (sent.documents.length > 1) return receiveSingly(queue, sent, model, signal);
      const message = `its workers ended while they read it: ${job.failedReason}`;
      return sent.documents.map((document) => ({ document, code: "ERR_VANER_QUEUE", message }));
    }
    await setTimeout(interval);
    signal?.throwIfAborted();
  }
}

async function receiveSingly(
  queue: Queue<BatchJob, BatchResult>,
  { documents, job: { options }, keep }: Sent,
  model: string,
  signal: AbortSignal | undefined,
): Promise<(Document | FailedDocument)[]> {
  const singles = documents.map((document) => {
    const job = jobOf([document], options);
    return { id: jobId(model, job), job, documents: [document], keep };
  });
  for (const single of singles) await send(queue, single);
  const results: (Document | FailedDocument)[] = [];
  for (const single of singles) results.push(...(await receive(queue, single, model, signal)));
  return results;
}

/** @throws {VanerError} `ERR_VANER_QUEUE` for a result that is damaged, or of another version */
function documentsWith(documents: readonly Document[], result: unknown): (Document | FailedDocument)[] {
  if (!isResultOf(documents, result)) {
    const remedy = "use another queue, or delete the keys of this one in Redis (bull:<queue>:*)";
    throw new VanerError(
      "ERR_VANER_QUEUE",
      `A result in Redis is damaged, or of another version of this package: ${remedy}.`,
    );
  }
  return documents.map((document, index) => {
    const own = result[index] as BatchResult[number];
    if ("found" in own) return withFound(document, own.found);
    return { document, code: own.code as VanerErrorCode, message: own.message };
  });
}
