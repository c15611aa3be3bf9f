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

/** Minimum time per variant and round. Cold caches, filled by the variant before, cost fast variants the most. */
const roundSeconds = 1;

/**
 * Runs every variant of every peer for at least a second in each round. The variants take turns, so that
 * changes of the machine's speed affect all alike, and each round starts with another variant, so that
 * none always follows the same one. Before the first round each peer's labels are compared with the
 * engine's, and each variant runs one uncounted round, in which just-in-time compilers do their work.
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

/** Repeats the variant's work until the round's time is used up. */
async function runRound(variant: Variant): Promise<Round> {
  const runs: Round[] = [];
  const total = (of: (run: Round) => number) => runs.reduce((sum, run) => sum + of(run), 0);
  do runs.push(await variant.run());
  while (total((run) => run.seconds) < roundSeconds);

  const seconds = total((run) => run.seconds);
  /** Mean of time shares, weighted by duration; null if a run has none. */
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
