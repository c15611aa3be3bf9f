import { spawn } from "node:child_process";
import { root } from "./paths.js";

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LimitedOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** A program in front of Node.js, with its arguments. */
  readonly wrapper?: readonly string[];
}

/**
 * Runs a script in which each `await limited()` waits until the next limit is set. Before the first one, Node.js has what
 * it needs itself.
 * @param limits set a limit of the process with this id
 */
export async function runLimited(
  script: string,
  limits: readonly ((pid: number) => void)[],
  { env = {}, wrapper = [] }: LimitedOptions = {},
): Promise<Ended> {
  const source = `
    import { once } from "node:events";
    const limited = async () => {
      console.error("ready");
      process.stdin.resume();
      await once(process.stdin, "data");
      process.stdin.pause();
    };
    ${script}
  `;
  const [program = "", ...args] = [...wrapper, process.execPath, "--input-type=module", "-e", source];
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env } });
  const output = { stdout: "", stderr: "" };
  let done = 0;
  child.stdout.setEncoding("utf8").on("data", (chunk) => (output.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk) => {
    output.stderr += chunk;
    for (const asked = output.stderr.split("ready\n").length - 1; done < asked; done++) {
      limits[done]?.(child.pid as number); // programs in front of Node.js become it
      child.stdin.write("go");
    }
  });
  child.stdin.on("error", () => {});
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on("close", (...status) => resolve(status)),
  );
  return { code, signal, ...output };
}
