import { runJob } from "../binding/jobs.js";
import { loadAddon } from "../binding/loader.js";
import type { NativeDifference } from "../binding/native-addon.js";

/** How much the weights of a quantized model differ from the original. */
export interface WeightLoss {
  /** Root mean square of the differences, relative to the root mean square of the weights. */
  readonly relativeError: number;
  /** The tensor with the largest relative error; null if no weight differs. */
  readonly worst: { readonly tensor: string; readonly relativeError: number } | null;
}

/**
 * Compares all weights of two models, a few MiB at a time.
 * @throws {VanerError} `ERR_VANER_MODEL_…` if a file cannot be read; the signal's reason
 */
export async function measureLoss(
  reference: string,
  other: string,
  onProgress: (share: number) => void,
  signal?: AbortSignal,
): Promise<WeightLoss> {
  const differences = await runJob(() => loadAddon().compareWeights(reference, other, onProgress), signal);
  const [worst] = differences
    .map((difference) => ({ tensor: difference.name, relativeError: relativeError([difference]) }))
    .sort((a, b) => b.relativeError - a.relativeError);
  return {
    relativeError: relativeError(differences),
    worst: worst && worst.relativeError > 0 ? worst : null,
  };
}

function relativeError(differences: readonly NativeDifference[]): number {
  const error = differences.reduce((sum, { squaredError }) => sum + squaredError, 0);
  const norm = differences.reduce((sum, { squaredNorm }) => sum + squaredNorm, 0);
  return error === 0 ? 0 : Math.sqrt(error / norm);
}
