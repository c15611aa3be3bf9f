import type { SetName, Settings } from "../settings.js";
import type { Peer, Variant } from "./peer.js";
import { Worker } from "./worker.js";

/** Sequences per batch. */
const batch = 32;

export interface BatchedPeer extends Peer {
  /** Seconds for the `probe` set, to choose between settings. */
  probe(): Promise<number>;
}

interface RunAnswer {
  readonly seconds: number;
  readonly peakBytes: number;
}

/**
 * A peer that reads token sequences in padded batches: in text order, as its users do; sorted by length,
 * its best case for real text; and all of one length, without padding.
 * @param canKeep whether it can compute the instruction once and keep its keys and values
 */
export async function openBatched(
  name: string,
  command: readonly [string, ...string[]],
  settings: Settings,
  canKeep = false,
): Promise<BatchedPeer> {
  const worker = await Worker.start(command);
  let peakBytes = 0;
  const variant = (name: string, set: SetName, sorted: boolean, keep = false): Variant => ({
    name,
    async run() {
      const answer = await worker.ask<RunAnswer>({ do: "run", set, batch, sorted, keep });
      peakBytes = answer.peakBytes;
      const sentences = set === "text" ? settings.sequences.text : 0;
      const tokens = settings.tokens[set];
      const computed = keep ? settings.computed[set] : tokens;
      return { seconds: answer.seconds, tokens, computed, sentences };
    },
  });
  const kept = canKeep && settings.computed.text < settings.tokens.text;
  return {
    name,
    version: worker.hello.version,
    variants: [
      variant(`batches of ${batch}`, "text", false),
      variant(`batches of ${batch}, by length`, "text", true),
      ...(kept ? [variant(`batches of ${batch}, by length, instruction kept`, "text", true, true)] : []),
      variant(`batches of ${batch}, all of 64 tokens`, "equal", false),
    ],
    agreement: async () => (await worker.ask<{ agreement: number }>({ do: "agreement" })).agreement,
    probe: async () =>
      (await worker.ask<RunAnswer>({ do: "run", set: "probe", batch, sorted: false, keep: false })).seconds,
    peakBytes: () => peakBytes,
    close: () => worker.close(),
  };
}
