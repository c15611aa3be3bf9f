import { arch, cpus, platform, totalmem } from "node:os";
import type { NativeDevice as Device } from "../lib/binding/native-addon.js";
import type { CorpusSize } from "./measures/corpus.js";
import type { Latency } from "./measures/latency.js";
import type { Throughput } from "./measures/throughput.js";
import type { Skipped } from "./peers/peer.js";
import type { Settings } from "./settings.js";
import { ratioOf, type Spread, spreadOf } from "./spread.js";

/** All results of a run, as `--json` writes them. */
export interface Report {
  readonly machine: Machine;
  readonly settings: Settings;
  readonly skipped: readonly Skipped[];
  readonly throughput: readonly ThroughputRow[];
  readonly limits: Limits | null;
  /** Seconds from process start to the first entities, one per round. */
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
  /** Tokens of the sequences, including those that came from a cache. */
  readonly tokensPerSecond: Spread;
  /** Tokens that were computed. Fewer than above if the instruction is computed only once. */
  readonly computedPerSecond: Spread;
  /** Null if the peer does not read sentences. */
  readonly sentencesPerSecond: Spread | null;
  /** Speed of the engine (one type) divided by the speed of this row, round by round. */
  readonly ownTimes: Spread;
  /** Share of the time spent in JavaScript, see `peers/javascript.ts`; null for peers other than the engine. */
  readonly javascript: Spread | null;
  readonly javascriptCpu: Spread | null;
  /** Share of words that get the engine's label; null if the peer returns no labels. */
  readonly agreement: number | null;
  /** Peak resident memory of the peer's process. */
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
  /** Upper bound in tokens/s: only the matrix products with the weights take time. */
  readonly tokensPerSecond: Spread;
  /** Share of this bound that the engine reaches with one type, including tokenization and JavaScript. */
  readonly share: Spread;
}

/** @param throughput its first variant is the engine with one type */
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
