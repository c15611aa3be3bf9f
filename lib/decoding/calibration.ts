/**
 * How the mean probability of a mention's labels becomes its score, the probability that the mention is right: a line
 * between their log odds (Platt 1999).
 */
export interface Calibration {
  /** Above 0. */
  readonly slope: number;
  readonly offset: number;
}

/** Scores are mean probabilities. */
export const uncalibrated: Calibration = { slope: 1, offset: 0 };

/** The calibration of a head, as its file says. */
export function calibrationOf(
  head: number,
  { scoreSlopes, scoreOffsets }: { readonly scoreSlopes: Float32Array; readonly scoreOffsets: Float32Array },
): Calibration {
  const slope = scoreSlopes[head];
  const offset = scoreOffsets[head];
  return slope === undefined || offset === undefined ? uncalibrated : { slope, offset };
}

/** @param probability from 0 to 1; these two stay what they are */
export function calibrated(probability: number, { slope, offset }: Calibration): number {
  if (slope === 1 && offset === 0) return probability; // the same bits
  return 1 / (1 + Math.exp(-offset) * (1 / probability - 1) ** slope);
}
