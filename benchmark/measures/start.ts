import { startVaner } from "../peers/vaner.js";
import type { Settings } from "../settings.js";

/** Seconds from the start of a Node.js process to its first entities, including imports and model loading. */
export async function measureStart(settings: Settings): Promise<number[]> {
  const seconds: number[] = [];
  for (let round = 0; round < settings.rounds; round++) {
    const worker = await startVaner(settings);
    seconds.push(worker.startSeconds);
    await worker.close();
  }
  return seconds;
}
