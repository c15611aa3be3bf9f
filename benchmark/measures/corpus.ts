import { startVaner } from "../peers/vaner.js";
import type { BatchAnswer, CorpusRequest } from "../peers/vaner-process.js";
import { type Settings, say } from "../settings.js";

export interface CorpusSize {
  readonly sentences: number;
  readonly seconds: number;
  readonly peakBytes: number;
}

/** recognizeStream over corpora of growing size, each in a new process. */
export async function measureCorpus(settings: Settings, sizes: readonly number[]): Promise<CorpusSize[]> {
  const found: CorpusSize[] = [];
  for (const sentences of sizes) {
    say(`a corpus of ${sentences} sentences …`);
    const worker = await startVaner(settings);
    try {
      const request: CorpusRequest = { do: "corpus", sentences };
      const { seconds, peakBytes } = await worker.ask<BatchAnswer>(request);
      found.push({ sentences, seconds, peakBytes });
    } finally {
      await worker.close();
    }
  }
  return found;
}
