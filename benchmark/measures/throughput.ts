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

/** The variant's work as often as a round has time for, as one. */
async function runRound(variant: Variant): Promise<Round> {
  const runs: Round[] = [];
  const total = (of: (run: Round) => number) => runs.reduce((sum, run) => sum + of(run), 0);
  do runs.push(await variant.run());
  while (total((run) => run.seconds) < roundSeconds);

  const seconds = total((run) => run.seconds);
  /** Of shares of the time; null where a run has none. */
  const mean = (of: (run: Round) => number | null | undefined) =>
    runs.every((run) => typeof of(run) === "number")
      ? total((run) => (of(run) ?? 0) * run.seconds) / seconds
      : null;
  const javascript = mean((run) => run.javascript?.javascript);
  return {
    seconds,
    tokens: total((run) => run.tokens),
    computed: total((run) => run.computed ?? run.tokens),
    sentences: total((run) => run.sentences),
    ...(javascript !== null && {
      javascript: { javascript, javascriptCpu: mean((run) => run.javascript?.javascriptCpu) },
    }),
  };
}
