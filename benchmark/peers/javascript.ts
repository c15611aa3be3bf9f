import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** The JavaScript thread's share of the time. */
export interface JavaScriptShare {
  /** Share in which the event loop was busy, including the time it waited for a CPU. */
  readonly javascript: number;
  /** Share in which it ran on a CPU; null on systems other than Linux, which do not report it. */
  readonly javascriptCpu: number | null;
}

/** Starts measuring. @returns a function that returns the shares since the start */
export function watchJavaScript(): () => JavaScriptShare {
  const loop = performance.eventLoopUtilization();
  const cpu = cpuSeconds();
  const start = performance.now();
  return () => {
    const now = cpuSeconds();
    return {
      javascript: performance.eventLoopUtilization(loop).utilization,
      javascriptCpu: cpu === null || now === null ? null : (now - cpu) / ((performance.now() - start) / 1000),
    };
  };
}

/** CPU time of the main thread, whose id is the process id. */
function cpuSeconds(): number | null {
  if (process.platform !== "linux") return null;
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
  return Number(nanoseconds) / 1e9;
}
