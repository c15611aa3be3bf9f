import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { vanerPath } from "./cli.js";

const running = new Set<ChildProcess>();

/** Kills what {@link serve} started and what still runs. */
export function stopServers(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Starts `vaner serve` at any free port. */
export async function serve(...args: string[]) {
  const started = performance.now();
  // What V8 gives its young generation would hide what the server keeps.
  const node = ["--max-semi-space-size=1"];
  const child = spawn(process.execPath, [...node, vanerPath(), "serve", "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const ended = once(child, "close").then(([status]) => {
    running.delete(child);
    return status;
  });
  let stderr = "";
  const url = await new Promise<string | undefined>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (piece) => {
      stderr += piece;
      const [, address] = /Listening on (\S+)\. /.exec(stderr) ?? [];
      if (address) resolve(address);
    });
    void ended.then(() => resolve(undefined));
  });
  const seconds = (performance.now() - started) / 1000;
  return { child, url: url ?? "", ended, seconds, errors: () => stderr };
}
