import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { connect, disconnectAll } from "../../lib/queue/connection.js";
import { built, fixture } from "../support/paths.js";

const withRedis = spawnSync("redis-server", ["--version"]).status === 0;
if (!withRedis) process.stderr.write("No redis-server: the tests of queues are skipped.\n");
const onRedis = withRedis ? describe : describe.skip;

const folder = mkdtempSync(join(tmpdir(), "vaner-queue-"));
const file = (name: string) => join(folder, name);
const running = new Set<ChildProcess>();
let port: number;
let redis: ChildProcess;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

/** Waits for words of a process, and leaves its stream open. */
async function until(child: ChildProcess, stream: "stdout" | "stderr", text: string): Promise<void> {
  const pieces = child[stream]?.iterator({ destroyOnReturn: false }) ?? [];
  for await (const piece of pieces) if (String(piece).includes(text)) return;
  throw new Error(`it ended before it said ${text}`);
}

/** Redis that writes every change to the disk: it may be killed. */
async function startRedis(): Promise<void> {
  const args = ["--port", `${port}`, "--appendonly", "yes", "--appendfsync", "always", "--dir", folder];
  redis = start("redis-server", args);
  await until(redis, "stdout", "Ready to accept connections");
}

const url = () => `redis://127.0.0.1:${port}`;
const vaner = (...args: string[]) =>
  start(process.execPath, [built("cli", "main.cjs"), ...args, "--redis", url()]);

async function startWorker(queue = "q"): Promise<ChildProcess> {
  const worker = vaner("work", "--queue", queue);
  await until(worker, "stderr", "Waiting for documents");
  return worker;
}

async function end(child: ChildProcess) {
  let stderr = "";
  child.stderr?.on("data", (piece) => {
    stderr += piece;
  });
  const [status] = await once(child, "close");
  return { status, stderr };
}

onRedis("a queue", () => {
  beforeAll(async () => {
    port = await freePort();
    await startRedis();
    const text = Array.from(
      { length: 320 },
      (_, index) => `Case ${index}: gout and asthma were seen in mice.\n`,
    );
    writeFileSync(file("lines.txt"), text.join(""));
    const local = start(process.execPath, [
      built("cli", "main.cjs"),
      "annotate",
      ...input,
      "-o",
      file("local.jsonl"),
    ]);
    expect(await end(local)).toMatchObject({ status: 0 });
  });
  afterAll(() => {
    for (const child of running) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  const input = [file("lines.txt"), "--input-format", "lines"];
  const expectSame = (name: string) =>
    expect(readFileSync(file(name), "utf8")).toBe(readFileSync(file("local.jsonl"), "utf8"));

  test("gives what one process gives, while workers and Redis are killed", async () => {
    const first = await startWorker();
    const sender = vaner("annotate", ...input, "-o", file("queue.jsonl"), "--queue", "q");
    const done = end(sender);
    await setTimeout(700);
    first.kill("SIGKILL");
    const second = await startWorker();
    redis.kill("SIGKILL");
    await once(redis, "close");
    await startRedis();
    expect(await done).toMatchObject({ status: 0, stderr: expect.stringMatching(/^320 documents, in /) });
    expectSame("queue.jsonl");

    second.kill("SIGTERM");
    expect((await end(second)).status).toBe(0);
  });

  test("keeps how many batches workers did", async () => {
    const connection = new Redis(url(), { maxRetriesPerRequest: null });
    const queue = new Queue("q", { connection });
    const { meta } = await queue.getMetrics("completed");
    expect(meta.count).toBeGreaterThanOrEqual(10); // more, if a killed worker's batch was done twice
    expect(await queue.exportPrometheusMetrics()).toContain(
      'bullmq_job_count{queue="q", state="completed"} 10',
    );
    await queue.close();
    connection.disconnect();
  });

  test("computes no document again", async () => {
    const sender = vaner("annotate", ...input, "-o", file("again.jsonl"), "--queue", "q");
    expect(await end(sender)).toMatchObject({ status: 0 }); // no worker runs
    expectSame("again.jsonl");
  });

  test("works with a worker whose standard streams are closed", async () => {
    const closed = ["-c", 'exec "$@" <&- >&- 2>&-', "sh", process.execPath, built("cli", "main.cjs")];
    const worker = start("sh", [...closed, "work", "--queue", "closed", "--redis", url()]);
    const sender = vaner("annotate", ...input, "-o", file("closed.jsonl"), "--queue", "closed");
    expect(await end(sender)).toMatchObject({ status: 0 });
    expectSame("closed.jsonl");
    worker.kill("SIGTERM");
    expect((await end(worker)).status).toBe(0);
  });

  test("keeps what a worker did when it is stopped in the middle", async () => {
    const first = await startWorker("stopped");
    first.stderr?.destroy(); // its log is read no more
    const output = file("stopped.jsonl");
    const sender = vaner("annotate", ...input, "-o", output, "--queue", "stopped");
    const done = end(sender);
    const client = new Redis(url());
    while ((await client.zcard("bull:stopped:completed")) === 0) await setTimeout(10);
    client.disconnect();
    first.kill("SIGTERM");
    expect(await once(first, "close")).toEqual([0, null]);
    const second = await startWorker("stopped");
    expect(await done).toMatchObject({ status: 0 });
    expectSame("stopped.jsonl");
    second.kill("SIGINT");
    expect((await end(second)).status).toBe(0);
  });

  test("is served by one model", async () => {
    const other = vaner("work", "--queue", "q", "--model", fixture("tiny-f32"));
    expect(await end(other)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'The queue "q" is served by another model. Use another queue, or delete the key',
      ),
    });
  });

  test.each([
    ["gone", "SIGKILL"],
    ["silent", "SIGSTOP"],
  ] as const)("lets worker and sender end by a signal while Redis is %s", async (kind, signal) => {
    const worker = await startWorker(kind);
    worker.kill("SIGSTOP");
    const output = file(`${kind}.jsonl`);
    const sender = vaner("annotate", ...input, "-o", output, "--queue", kind);
    const client = new Redis(url());
    while ((await client.llen(`bull:${kind}:wait`)) === 0) await setTimeout(50);
    client.disconnect();
    redis.kill(signal);
    await setTimeout(300); // until they notice
    worker.kill("SIGCONT");
    worker.kill("SIGTERM");
    sender.kill("SIGTERM");
    const ends = await Promise.all([end(worker), end(sender)]);
    expect(ends).toEqual([
      { status: 0, stderr: expect.stringMatching(/^0 documents\n$/) },
      { status: 1, stderr: expect.stringContaining("stopped by SIGTERM") },
    ]);
    redis.kill(signal === "SIGSTOP" ? "SIGCONT" : signal);
    if (signal === "SIGKILL") await startRedis();
  });

  test("keeps results as long as asked", async () => {
    const worker = await startWorker("short");
    for (const name of ["first", "second"]) {
      const args = ["-o", file(`${name}.jsonl`), "--queue", "short", "--keep", "1", "-t", "Disease"];
      const sender = vaner("annotate", ...input, ...args, ...(name === "first" ? [] : ["--no-consistency"]));
      expect(await end(sender)).toMatchObject({ status: 0 });
      await setTimeout(1500);
    }
    const connection = new Redis(url(), { maxRetriesPerRequest: null });
    const queue = new Queue("short", { connection });
    expect(await queue.getCompletedCount()).toBeLessThanOrEqual(10); // of the 20 that there were
    await queue.close();
    connection.disconnect();
    worker.kill("SIGTERM");
    expect((await end(worker)).status).toBe(0);
  });

  test.each([
    [["--queue", "q", "-m", "other.gguf"], "--model is for the workers of the queue: vaner work."],
    [["--keep", "1"], "--keep is for --queue."],
  ])("says what has no effect: %j", async (args, message) => {
    const sender = start(process.execPath, [
      ...[built("cli", "main.cjs"), "annotate", ...input, "-o", file("none.jsonl"), ...args],
    ]);
    expect(await end(sender)).toEqual({ status: 2, stderr: expect.stringContaining(message) });
  });

  test("lets go of the connections that BullMQ makes of one", async () => {
    const redis = await connect(url());
    const other = redis.duplicate();
    await other.connect();
    const ends = [redis, other].map((each) => once(each, "end"));
    disconnectAll(redis);
    await Promise.all(ends);
  });

  test("says when there is no Redis", async () => {
    const args = [
      "annotate",
      ...input,
      "-o",
      file("none.jsonl"),
      "--queue",
      "q",
      "--redis",
      "redis://127.0.0.1:1",
    ];
    const sender = start(process.execPath, [built("cli", "main.cjs"), ...args]);
    expect(await end(sender)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /Redis at redis:\/\/127\.0\.0\.1:1 cannot be reached: .*\(ERR_VANER_QUEUE\)/,
      ),
    });
  });
});
