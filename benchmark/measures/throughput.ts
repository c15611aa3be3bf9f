import type { Peer, Round, Variant } from "../peers/peer.js";
import { say } from "../settings.js";
import type { Peak } from "./limits.js";

export interface Timed {
  readonly peer: Peer;
  readonly variant: Variant;
  readonly rounds: Round[];
}

export interface Throughput {
  readonly timed: readonly Timed[];
  readonly peaks: readonly (readonly Peak[])[];
  /** By peer: see {@link Peer.agreement}. */
  readonly agreements: ReadonlyMap<Peer, number | null>;
}

const warmUpSeconds = 1;

/**
 * Runs every variant of every peer once a round, one after the other, so that what happens to the
 * machine happens to all. Each round starts with another variant, so that none always has the same
 * one before it. Before the first round every peer reads the text once, uncounted, to show that it
 * computes the same, and every variant runs for a second at least, so that compilers that learn from
 * what runs, JavaScript's and others, have done their work.
 */
export async function measureThroughput(
  peers: readonly Peer[],
  rounds: number,
  peaksNow: (() => Peak[]) | undefined,
): Promise<Throughput> {
  const timed = peers.flatMap((peer) =>
    peer.variants.map((variant): Timed => ({ peer, variant, rounds: [] })),
  );
  const peaks: Peak[][] = [];
  const agreements = new Map<Peer, number | null>();
  for (const peer of peers) agreements.set(peer, await peer.agreement());
  for (const { variant } of timed) {
    for (let seconds = 0; seconds < warmUpSeconds; ) seconds += (await variant.run()).seconds;
  }
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds} …`);
    if (peaksNow) peaks.push(peaksNow());
    for (let index = 0; index < timed.length; index++) {
      const one = timed[(index + round) % timed.length] as Timed;
      one.rounds.push(await one.variant.run());
    }
  }
  return { timed, peaks, agreements };
}
