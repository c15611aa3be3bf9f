import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** What JavaScript's thread takes of the time. */
export interface JavaScriptShare {
  /** In which the event loop was at work, or waited for a CPU to be so. */
  readonly javascript: number;
  /** In which a CPU computed for it; null where the system does not say (others than Linux). */
  readonly javascriptCpu: number | null;
}

/** Begins to measure. @returns a function that gives the shares since */
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

/** Of the main thread, whose id is that of the process. */
function cpuSeconds(): number | null {
  if (process.platform !== "linux") return null;
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
  return Number(nanoseconds) / 1e9;
}
