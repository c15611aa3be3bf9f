import { startVaner } from "../peers/vaner.js";
import type { LatencyAnswer, LatencyRequest } from "../peers/vaner-process.js";
import { type Settings, say } from "../settings.js";

export interface Latency extends LatencyAnswer {
  readonly callers: number;
}

const callerCounts = [1, 4, 16, 64];

/** Latency of calls with one sentence and one type, for several numbers of concurrent callers. */
export async function measureLatency(settings: Settings, seconds: number): Promise<Latency[]> {
  const worker = await startVaner(settings);
  try {
    const ask = (callers: number, seconds: number) => {
      const request: LatencyRequest = { do: "latency", callers, seconds };
      return worker.ask<LatencyAnswer>(request);
    };
    // Warm up until V8 has optimized the hot functions, as in a service that has run for a minute.
    await ask(64, seconds);
    const found: Latency[] = [];
    for (const callers of callerCounts) {
      say(`latency at ${callers} callers …`);
      found.push({ callers, ...(await ask(callers, seconds)) });
    }
    return found;
  } finally {
    await worker.close();
  }
}
