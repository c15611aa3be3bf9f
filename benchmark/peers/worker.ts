import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

/** First line of a peer's process, after it has loaded the model and answered one sentence. */
export interface Hello {
  readonly ready: true;
  readonly version: string;
}

/**
 * A peer's process. It writes a {@link Hello}, then reads requests from standard input and answers them on
 * standard output, one line of JSON each. It exits when its standard input ends.
 */
export class Worker {
  readonly hello: Hello;
  /** Seconds from process start to the hello. */
  readonly startSeconds: number;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: () => string;

  private constructor(
    child: ChildProcess,
    lines: AsyncIterator<string>,
    errors: () => string,
    start: number,
    hello: Hello,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.#errors = errors;
    this.startSeconds = (performance.now() - start) / 1000;
    this.hello = hello;
  }

  /** @throws {Error} with the last line of standard error if the process exits before its hello */
  static async start(command: readonly [string, ...string[]]): Promise<Worker> {
    const start = performance.now();
    const [program, ...args] = command;
    // Reading these certificates takes Node.js longer than starting, and nothing here uses the network.
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    failed.catch(() => {});
    // If the process exits early, nextAnswer reports it.
    child.stdin.on("error", () => {});
    let tail = "";
    child.stderr.on("data", (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-2000);
    });
    const lines = (createInterface({ input: child.stdout }) as Interface)[Symbol.asyncIterator]();
    const hello = await Promise.race([nextAnswer<Hello>(lines, () => tail), failed]);
    return new Worker(child, lines, () => tail, start, hello);
  }

  async ask<Answer>(request: object): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return nextAnswer<Answer>(this.#lines, this.#errors);
  }

  /** Ends the process and waits for its exit. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    await ended;
  }
}

async function nextAnswer<Answer>(lines: AsyncIterator<string>, errors: () => string): Promise<Answer> {
  const { value, done } = await lines.next();
  if (done) throw new Error(errors().trim().split("\n").at(-1) || "the process exited without a message");
  return JSON.parse(value) as Answer;
}
