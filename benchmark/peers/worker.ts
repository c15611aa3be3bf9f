import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

/** What a peer's process says first, once it has loaded the model and answered one sentence. */
export interface Hello {
  readonly ready: true;
  readonly version: string;
}

/**
 * A peer's process. It reads requests from its standard input, a line of JSON each, and answers each
 * with a line of JSON; first comes its {@link Hello}. It ends when its standard input does.
 */
export class Worker {
  readonly hello: Hello;
  /** From the start of the process to its hello. */
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

  /** @throws {Error} with the last words of a process that does not come up */
  static async start(command: readonly [string, ...string[]]): Promise<Worker> {
    const start = performance.now();
    const [program, ...args] = command;
    // Node.js would read these certificates first, which takes longer than it takes to start; nothing here needs a network.
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    failed.catch(() => {});
    // A process that ends early is seen by what it does not answer.
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

  /** Lets the process end, and waits for it. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    await ended;
  }
}

async function nextAnswer<Answer>(lines: AsyncIterator<string>, errors: () => string): Promise<Answer> {
  const { value, done } = await lines.next();
  if (done) throw new Error(errors().trim().split("\n").at(-1) || "the process ended without a word");
  return JSON.parse(value) as Answer;
}
