/**
 * Annotation by many machines: BullMQ on Redis. Needs the packages `bullmq` and `ioredis`.
 * @packageDocumentation
 */
export { annotateOnQueue, type QueueOptions } from "./annotate-on-queue.js";
export { type QueueWorker, startWorker, type WorkerOptions } from "./worker.js";
