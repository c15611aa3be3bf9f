import type { Redis } from "ioredis";
import { describe, invalidArgument, messageOf, VanerError } from "../errors.js";

/** Redis where `--redis` is not given. */
export const defaultRedis = "redis://127.0.0.1:6379";

/** What this entry needs of its optional dependencies. */
export async function loadQueueLibraries() {
  try {
    const [bullmq, ioredis] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { Queue: bullmq.Queue, Worker: bullmq.Worker, Redis: ioredis.Redis };
  } catch (cause) {
    const problem =
      "Queues need the packages bullmq and ioredis, which are optional: npm install bullmq ioredis";
    throw new VanerError("ERR_VANER_QUEUE", `${problem} (${messageOf(cause)}).`, { cause });
  }
}

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` for a name that BullMQ does not take */
export function checkQueueName(queue: unknown): void {
  if (typeof queue === "string" && /^[^:]+$/.test(queue)) return;
  throw invalidArgument(`\`queue\` must be a name without colons, not ${describe(queue)}.`);
}

/**
 * Connects to Redis. A connection that is lost later comes back by itself, and what was asked for meanwhile waits.
 * @throws {VanerError} `ERR_VANER_QUEUE` if there is no Redis; `ERR_VANER_INVALID_ARGUMENT` for a URL of another kind
 */
export async function connect(url: string): Promise<Redis> {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url))
    throw invalidArgument(`\`redis\` must be a URL such as ${defaultRedis}.`);
  const { protocol, host, pathname } = new URL(url); // messages leave out the password
  if (!/^\/?\d{0,9}$/.test(pathname))
    throw invalidArgument(`\`redis\` must end with the number of a database, such as ${defaultRedis}/1.`);
  const { Redis } = await loadQueueLibraries();
  const redis = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true });
  noteDuplicates(redis);
  let failure: unknown;
  redis.on("error", (error) => {
    failure = error;
  });
  try {
    await redis.connect();
    const database = Number(pathname.slice(1));
    if (database > 0) await redis.select(database); // ioredis itself goes on with database 0 where that fails
    return redis;
  } catch (cause) {
    redis.disconnect();
    const problem = messageOf(failure ?? cause);
    throw new VanerError("ERR_VANER_QUEUE", `Redis at ${protocol}//${host} cannot be reached: ${problem}.`, {
      cause,
    });
  }
}

/**
 * Lets go of a connection, and of those that BullMQ made of it: one that is being made again stays open where BullMQ
 * closes it, as long as Redis does not answer, and keeps the process.
 */
export function disconnectAll(redis: Redis): void {
  for (const each of [redis, ...(duplicates.get(redis) ?? [])]) each.disconnect();
}

/** Connections that were made of others. */
const duplicates = new WeakMap<Redis, Redis[]>();

function noteDuplicates(redis: Redis): void {
  const made: Redis[] = [];
  duplicates.set(redis, made);
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (...options) => {
    const other = duplicate(...options);
    made.push(other);
    return other;
  };
}

/** Redis key with the hash of the model that serves a queue. */
const modelKey = (queue: string) => `vaner:${queue}:model`;

/**
 * Ties a queue to a model: results under one id must come from one model.
 * @param model hash of the model's file
 * @throws {VanerError} `ERR_VANER_QUEUE` if workers with another model serve the queue
 */
export async function claimQueue(redis: Redis, queue: string, model: string): Promise<void> {
  await redis.set(modelKey(queue), model, "NX");
  const served = await redis.get(modelKey(queue));
  if (served === model) return;
  throw new VanerError(
    "ERR_VANER_QUEUE",
    `The queue ${JSON.stringify(queue)} is served by another model. Use another queue, or delete the key ${modelKey(queue)} in Redis.`,
  );
}

/** Hash of the model that serves a queue; undefined while no worker was there. */
export async function modelOf(redis: Redis, queue: string): Promise<string | undefined> {
  return (await redis.get(modelKey(queue))) ?? undefined;
}
