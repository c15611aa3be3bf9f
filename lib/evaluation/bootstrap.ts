import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { type Comparison, type EntityCounts, macroOf, type Rates, type Span, scoresOf } from "./scores.js";

/** How intervals are made. */
export const bootstrapSettings = { resamples: 1000, seed: 1, level: 0.95 } as const;

/** Support, predicted and correct. */
const countsPerType = 3;

/** Counts of entities of each text, by type. */
export class TextCounts {
  readonly types: readonly string[];
  /** [n_texts][n_types][countsPerType] */
  readonly #counts: number[] = [];

  constructor(types: readonly string[]) {
    this.types = types;
  }

  get texts(): number {
    return this.#counts.length / this.#width;
  }

  get #width(): number {
    return this.types.length * countsPerType;
  }

  add({ correct, spurious, missed }: Comparison<Span, Span>): void {
    const first = this.#counts.length;
    for (let index = 0; index < this.#width; index++) this.#counts.push(0);
    const increase = ({ type }: Span, ...which: number[]) => {
      for (const index of which) {
        const at = first + this.types.indexOf(type) * countsPerType + index;
        this.#counts[at] = (this.#counts[at] ?? 0) + 1;
      }
    };
    for (const span of correct) increase(span, 0, 1, 2);
    for (const span of spurious) increase(span, 1);
    for (const span of missed) increase(span, 0);
  }

  /** @param draws numbers of texts; one may be drawn several times */
  ratesOf(draws: Uint32Array): RateTable {
    const sums = new Float64Array(this.#width);
    for (const text of draws) {
      const first = text * this.#width;
      for (let index = 0; index < sums.length; index++) {
        sums[index] = (sums[index] ?? 0) + (this.#counts[first + index] ?? 0);
      }
    }
    const each = this.types.map((_, type) => {
      const [support = 0, predicted = 0, correct = 0] = sums.subarray(type * countsPerType);
      return { support, predicted, correct };
    });
    const total = (key: keyof EntityCounts) => each.reduce((sum, counts) => sum + counts[key], 0);
    const all = { support: total("support"), predicted: total("predicted"), correct: total("correct") };
    const scores = each.map(scoresOf);
    return [scoresOf(all), macroOf(scores), ...scores];
  }
}

/** The micro average, the macro average, then each type. */
type RateTable = readonly Rates[];

/** A value for the micro average, the macro average and each type. */
export interface ByAverage<Value> {
  readonly micro: Value;
  readonly macro: Value;
  readonly types: Readonly<Record<string, Value>>;
}

export type Interval = readonly [low: number, high: number];

/** The confidence interval of each rate: percentiles over the resamples. */
export type RateIntervals = Readonly<Record<keyof Rates, Interval>>;

/** How much better a model is than another one. */
export interface Difference {
  /** F1 of the model minus that of the other one. */
  readonly f1: number;
  /** Of this difference. */
  readonly interval: Interval;
  /** Two-sided p-value of no difference. */
  readonly p: number;
}

/** Confidence intervals by bootstrap over texts. */
export function intervalsOf(counts: TextCounts): ByAverage<RateIntervals> {
  const tables = resample([counts]).map(([table]) => table);
  return byAverage(counts.types, (row) => {
    const interval = (rate: keyof Rates) => intervalOf(tables.map((table) => table?.[row]?.[rate] ?? 0));
    return { precision: interval("precision"), recall: interval("recall"), f1: interval("f1") };
  });
}

/**
 * Compares two models by paired bootstrap: each resample has the same texts for both.
 * @param counts of the same texts as `others`, in the same order, with the same types
 */
export function differencesOf(counts: TextCounts, others: TextCounts): ByAverage<Difference> {
  const runs = [counts, others];
  const all = Uint32Array.from({ length: counts.texts }, (_, text) => text);
  const observed = runs.map((run) => run.ratesOf(all));
  const resamples = resample(runs);
  return byAverage(counts.types, (row) => {
    const difference = ([own, other]: readonly RateTable[]) =>
      (own?.[row]?.f1 ?? 0) - (other?.[row]?.f1 ?? 0);
    const differences = resamples.map(difference);
    const share = (holds: (value: number) => boolean) =>
      (differences.filter(holds).length + 1) / (differences.length + 1);
    const tail = Math.min(
      share((value) => value <= 0),
      share((value) => value >= 0),
    );
    return { f1: difference(observed), interval: intervalOf(differences), p: Math.min(1, 2 * tail) };
  });
}

/** @returns [resample][run] */
function resample(runs: readonly TextCounts[]): RateTable[][] {
  const texts = runs[0]?.texts ?? 0;
  const random = xoroshiro128plus(bootstrapSettings.seed);
  const draws = new Uint32Array(texts);
  return Array.from({ length: bootstrapSettings.resamples }, () => {
    for (let draw = 0; draw < texts; draw++) draws[draw] = uniformInt(random, 0, texts - 1);
    return runs.map((run) => run.ratesOf(draws));
  });
}

function intervalOf(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const tail = Math.floor(((1 - bootstrapSettings.level) / 2) * sorted.length);
  return [sorted[tail] ?? 0, sorted[sorted.length - 1 - tail] ?? 0];
}

function byAverage<Value>(types: readonly string[], rowOf: (row: number) => Value): ByAverage<Value> {
  return {
    micro: rowOf(0),
    macro: rowOf(1),
    types: Object.fromEntries(types.map((type, index) => [type, rowOf(index + 2)])),
  };
}
