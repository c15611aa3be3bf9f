import type { JavaScriptShare } from "../peers/javascript.js";
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

/** Of every variant in every round, at least: what waits for caches that others have filled must not weigh on the fast ones most. */
const roundSeconds = 1;

/**
 * Runs every variant of every peer for a second in each round, one after the other, so that what happens
 * to the machine happens to all. Each round starts with another variant, so that none always has the same
 * one before it. Before the first round every peer reads the text once, uncounted, to show that it
 * computes the same, and every variant runs for a round, so that compilers that learn from what runs,
 * JavaScript's and others, have done their work.
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
  for (const { variant } of timed) await runRound(variant);
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds} …`);
    if (peaksNow) peaks.push(peaksNow());
    for (let index = 0; index < timed.length; index++) {
      const one = timed[(index + round) % timed.length] as Timed;
      one.rounds.push(await runRound(one.variant));
    }
  }
  return { timed, peaks, agreements };
}

/** The variant's work as often as a round has time for, added up. */
async function runRound(variant: Variant): Promise<Round> {
  let all = await variant.run();
  while (all.seconds < roundSeconds) all = joinRounds(all, await variant.run());
  return all;
}

function joinRounds(a: Round, b: Round): Round {
  const seconds = a.seconds + b.seconds;
  const mean = (ofA: number, ofB: number) => (ofA * a.seconds + ofB * b.seconds) / seconds;
  return {
    seconds,
    tokens: a.tokens + b.tokens,
    computed: (a.computed ?? a.tokens) + (b.computed ?? b.tokens),
    sentences: a.sentences + b.sentences,
    ...(a.javascript && b.javascript && { javascript: joinShares(a.javascript, b.javascript, mean) }),
  };
}

function joinShares(
  a: JavaScriptShare,
  b: JavaScriptShare,
  mean: (ofA: number, ofB: number) => number,
): JavaScriptShare {
  const cpu =
    a.javascriptCpu !== null && b.javascriptCpu !== null ? mean(a.javascriptCpu, b.javascriptCpu) : null;
  return { javascript: mean(a.javascript, b.javascript), javascriptCpu: cpu };
}
