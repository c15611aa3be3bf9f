import { startVaner } from "../peers/vaner.js";
import type { LatencyAnswer, LatencyRequest } from "../peers/vaner-process.js";
import { type Settings, say } from "../settings.js";

export interface Latency extends LatencyAnswer {
  readonly callers: number;
}

const callerCounts = [1, 4, 16, 64];

/** Single calls of one sentence and one type each, by how many callers there are at once. */
export async function measureLatency(settings: Settings, seconds: number): Promise<Latency[]> {
  const worker = await startVaner(settings);
  try {
    const ask = (callers: number, seconds: number) => {
      const request: LatencyRequest = { do: "latency", callers, seconds };
      return worker.ask<LatencyAnswer>(request);
    };
    // V8 compiles JavaScript a second time when it has run it some thousand times: a service gets there in its first minute.
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
