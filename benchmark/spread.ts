/** Results of one measurement over all rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** One value per round, in order. */
  readonly rounds: readonly number[];
}

/** @param rounds at least one */
export function spreadOf(rounds: readonly number[]): Spread {
  return {
    median: quantile(rounds, 0.5),
    min: Math.min(...rounds),
    max: Math.max(...rounds),
    rounds,
  };
}

/** Spread of `a / b`, round by round, so that a slow phase of the machine affects both alike. */
export function ratioOf(a: readonly number[], b: readonly number[]): Spread {
  if (a.length !== b.length) throw new RangeError(`${a.length} rounds cannot be divided by ${b.length}`);
  return spreadOf(a.map((value, round) => value / (b[round] as number)));
}

/**
 * Quantile with linear interpolation.
 * @param values at least one, in any order
 * @param share from 0 (minimum) to 1 (maximum)
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("nothing was measured");
  const sorted = Float64Array.from(values).sort();
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}
