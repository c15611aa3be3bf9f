import { type Profiler, Session } from "node:inspector";
import { setFlagsFromString } from "node:v8";

// Optimized code that a background thread finishes in the middle of a call does not count.
setFlagsFromString("--no-opt");

/**
 * How often V8 runs a block of `lib/` in a call: a measure of work that is the same on every machine. Does not count
 * what built-in functions do.
 */
export function workOf(call: () => void): number {
  const session = new Session();
  session.connect();
  let work = 0;
  try {
    session.post("Profiler.enable");
    session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    call();
    session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error) throw error;
      for (const { url, functions } of result) if (url.includes("/lib/")) work += blocksOf(functions);
    });
    session.post("Profiler.stopPreciseCoverage");
  } finally {
    session.disconnect();
  }
  return work;
}

function blocksOf(functions: readonly Profiler.FunctionCoverage[]): number {
  let sum = 0;
  for (const { ranges } of functions) for (const { count } of ranges) sum += count;
  return sum;
}
