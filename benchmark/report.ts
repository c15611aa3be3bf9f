import { arch, cpus, platform, totalmem } from "node:os";
import type { Device } from "../lib/binding/devices.js";
import type { CorpusSize } from "./measures/corpus.js";
import type { Latency } from "./measures/latency.js";
import type { Throughput } from "./measures/throughput.js";
import type { Skipped } from "./peers/peer.js";
import type { Settings } from "./settings.js";
import { ratioOf, type Spread, spreadOf } from "./spread.js";

/** Everything that a run has measured: what `--json` writes. */
export interface Report {
  readonly machine: Machine;
  readonly settings: Settings;
  readonly skipped: readonly Skipped[];
  readonly throughput: readonly ThroughputRow[];
  readonly limits: Limits | null;
  /** Seconds from the start of a process to its first entities, by round. */
  readonly start: readonly number[];
  readonly latency: readonly Latency[];
  readonly corpus: readonly CorpusSize[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  readonly devices: readonly string[];
}

export interface ThroughputRow {
  readonly peer: string;
  readonly version: string;
  readonly variant: string;
  /** Tokens of the sequences, whether each was computed or not. */
  readonly tokensPerSecond: Spread;
  /** Tokens that were computed: fewer where an instruction is computed once. */
  readonly computedPerSecond: Spread;
  /** Null where the work was no sentences. */
  readonly sentencesPerSecond: Spread | null;
  /** How many times as fast the engine's passes of one type were, round by round. */
  readonly ownTimes: Spread;
  /** JavaScript's share of the time, see `peers/javascript.ts`; null for others than the engine. */
  readonly javascript: Spread | null;
  readonly javascriptCpu: Spread | null;
  /** Share of words with the engine's label; null where a peer cannot tell. */
  readonly agreement: number | null;
  /** Most memory of the peer's process. */
  readonly peakBytes: number | null;
}

export interface Limits {
  readonly operationsPerToken: number;
  readonly kinds: readonly Limit[];
}

export interface Limit {
  readonly kind: string;
  readonly instruction: string;
  readonly gops: Spread;
  /** Tokens/s that this would be if nothing but the products with the weights took time. */
  readonly tokensPerSecond: Spread;
  /** What share of it the engine's passes of one type reach, tokenization and JavaScript included. */
  readonly share: Spread;
}

/** @param throughput the engine's passes of one type are its first variant */
export function throughputRows(
  { timed, peaks, agreements }: Throughput,
  operationsPerToken: number,
): Pick<Report, "throughput" | "limits"> {
  const rates = timed.map(({ rounds }) => rounds.map(({ tokens, seconds }) => tokens / seconds));
  const computed = timed.map(({ rounds }) =>
    rounds.map(({ tokens, computed = tokens, seconds }) => computed / seconds),
  );
  const own = rates[0] as number[];
  const throughput: ThroughputRow[] = [];
  for (const [index, { peer, variant, rounds }] of timed.entries()) {
    const tokens = rates[index] as number[];
    const sentences = rounds.map(({ sentences, seconds }) => sentences / seconds);
    const javascript = rounds.flatMap((round) => round.javascript ?? []);
    throughput.push({
      peer: peer.name,
      version: peer.version,
      variant: variant.name,
      tokensPerSecond: spreadOf(tokens),
      computedPerSecond: spreadOf(computed[index] as number[]),
      sentencesPerSecond: sentences.includes(0) ? null : spreadOf(sentences),
      ownTimes: ratioOf(own, tokens),
      javascript: spreadOfSome(javascript.map((share) => share.javascript)),
      javascriptCpu: spreadOfSome(javascript.flatMap((share) => share.javascriptCpu ?? [])),
      agreement: peer.variants[0] === variant ? (agreements.get(peer) ?? null) : null,
      peakBytes: peer.peakBytes(),
    });
  }
  const kinds = (peaks[0] ?? []).map(({ kind, instruction }): Limit => {
    const gops = peaks.flatMap((all) => all.filter((peak) => peak.kind === kind).map((peak) => peak.gops));
    const most = gops.map((rate) => (rate * 1e9) / operationsPerToken);
    return {
      kind,
      instruction,
      gops: spreadOf(gops),
      tokensPerSecond: spreadOf(most),
      share: ratioOf(computed[0] as number[], most),
    };
  });
  return { throughput, limits: kinds.length > 0 ? { operationsPerToken, kinds } : null };
}

function spreadOfSome(values: readonly number[]): Spread | null {
  return values.length > 0 ? spreadOf(values) : null;
}

export function describeMachine(devices: readonly Device[]): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${platform()} ${arch()}`,
    node: process.version,
    devices: devices.map(({ name }) => name),
  };
}
