import { type Profiler, Session } from "node:inspector";
import { setFlagsFromString } from "node:v8";

// Optimized code that a background thread finishes in the middle of a call does not count.
setFlagsFromString("--no-opt");

// Counting begins before the code of `lib/` is compiled and never stops: V8 counts blocks only of functions that it
// compiled meanwhile, and of others their calls alone.
const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

/**
 * How often V8 runs a block of `lib/` in a call: a measure of work that is the same on every machine. Does not count
 * what built-in functions do.
 */
export function workOf(call: () => void): number {
  takeCounts();
  call();
  return workOfCounts();
}

/** As {@link workOf}, until a promise is settled. */
export async function workUntil(call: () => Promise<unknown>): Promise<number> {
  takeCounts();
  await call();
  return workOfCounts();
}

/** Work since the counts were taken. */
function workOfCounts(): number {
  let work = 0;
  for (const { url, functions } of takeCounts()) if (url.includes("/lib/")) work += blocksOf(functions);
  return work;
}

/** What was counted since the last call. */
function takeCounts(): readonly Profiler.ScriptCoverage[] {
  let counts: readonly Profiler.ScriptCoverage[] = [];
  session.post("Profiler.takePreciseCoverage", (error, { result }) => {
    if (error) throw error;
    counts = result;
  });
  return counts;
}

function blocksOf(functions: readonly Profiler.FunctionCoverage[]): number {
  let sum = 0;
  for (const { ranges } of functions) for (const { count } of ranges) sum += count;
  return sum;
}
