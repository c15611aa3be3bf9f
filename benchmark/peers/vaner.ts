import { readFileSync } from "node:fs";
import { join } from "node:path";
import { countComputed, countTokens, type Sequence } from "../sequences.js";
import { programFolder, root, type SetName, type Settings } from "../settings.js";
import type { Peer, Variant } from "./peer.js";
import type { BatchAnswer, BatchRequest } from "./vaner-process.js";
import { Worker } from "./worker.js";

/** The engine's name in the table. */
const ownName = "vaner-native";

/** Starts a process that has loaded the model and recognized one sentence. */
export function startVaner(settings: Settings): Promise<Worker> {
  const sentences: string[] = JSON.parse(readFileSync(settings.textPath, "utf8"));
  const { model, textPath, threads, type } = settings;
  const program = join(programFolder, "vaner-process.js");
  const args = [program, root, model, textPath, String(threads), type, sentences[0] as string];
  return Worker.start([process.execPath, ...args]);
}

/** @param types all types of the model; the second variant asks for all of them, with fewer sentences */
export async function openVaner(settings: Settings, types: readonly string[]): Promise<Peer> {
  const worker = await startVaner(settings);
  const sets: Record<SetName, Sequence[]> = JSON.parse(readFileSync(settings.sequencesPath, "utf8"));
  let peakBytes = 0;
  const variant = (name: string, asked: readonly string[], sentences: number): Variant => ({
    name,
    async run() {
      const request: BatchRequest = { do: "batch", types: asked, sentences };
      const { peakBytes: peak, seconds, ...javascript } = await worker.ask<BatchAnswer>(request);
      peakBytes = peak;
      // An approximation: instructions of other types differ by a token or so.
      const sequences = sets.text.slice(0, sentences);
      const tokens = asked.length * countTokens(sequences);
      const computed = asked.length * countComputed(sequences);
      return { seconds, javascript, tokens, computed, sentences };
    },
  });
  const some = Math.ceil(settings.sentences / types.length);
  return {
    name: ownName,
    version: worker.hello.version,
    variants: [
      variant("recognizeBatch, 1 type", [settings.type], settings.sentences),
      variant(`recognizeBatch, ${types.length} types`, types, some),
    ],
    agreement: async () => null,
    peakBytes: () => peakBytes,
    close: () => worker.close(),
  };
}
