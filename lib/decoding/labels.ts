import { listed, VanerError } from "../errors.js";
import { Slab } from "../slab.js";
import { type Calibration, calibrated, uncalibrated } from "./calibration.js";

/** Effect of a label on the open entity: the tags of BIO, the closing E of BIOE, and the single S of BIOES. */
export type Tag = "O" | "B" | "I" | "E" | "S";

const tagsOf: ReadonlyMap<string, readonly Tag[]> = new Map([
  ["BIO", ["O", "B", "I"]],
  ["BIOE", ["O", "B", "I", "E"]],
]);

/**
 * Checks labels without types, which may be in any order.
 * @param labels in row order of the head, for example `["O", "I", "B", "E"]`
 * @returns the tag of each row
 * @throws {VanerError} `ERR_VANER_MODEL_FORMAT` unless the labels are those of the tagging, each once
 */
export function readLabels(labels: readonly string[], tagging: string): Tag[] {
  const tags = tagsOf.get(tagging);
  const found = labels.flatMap((label) => tags?.find((tag) => tag === label) ?? []);
  if (tags && labels.length === tags.length && new Set(found).size === tags.length) return found;
  throw new VanerError(
    "ERR_VANER_MODEL_FORMAT",
    `The model's labels ${listed(labels)} are not those of its tagging ${JSON.stringify(tagging)}: convert the model again.`,
  );
}

const labelSlab = new Slab((length) => new Uint16Array(length));
const probabilitySlab = new Slab((length) => new Float32Array(length));

/** What a head says about each unit of a text (word or token). */
export class Predictions {
  /** [n_units] row of the most probable label in the head. */
  readonly labels: Uint16Array;
  /** [n_units] probability of that label, from 0 to 1. */
  readonly probabilities: Float32Array;

  readonly #calibration: Calibration;

  /** @param outside row of the label O, for units without a prediction */
  constructor(units: number, outside: number, calibration = uncalibrated) {
    this.#calibration = calibration;
    this.labels = labelSlab.take(units).fill(outside);
    this.probabilities = probabilitySlab.take(units);
  }

  /**
   * Sets the label of a unit to the most probable one; of equals to the first, like numpy's argmax.
   * @param values label probabilities; those of this unit are `count` from `at` on
   * @throws {VanerError} `ERR_VANER_COMPUTE` for a value that is not a probability
   */
  set(unit: number, values: Float32Array, at: number, count: number): void {
    // In range by construction: no check for undefined in the innermost loop.
    let best = 0;
    for (let label = 0; label < count; label++) {
      const value = values[at + label] as number;
      // Also false for NaN.
      if (!(value >= 0)) {
        throw new VanerError(
          "ERR_VANER_COMPUTE",
          `The model gave ${value} as a probability: its weights or the device's results are damaged.`,
        );
      }
      if (value > (values[at + best] as number)) best = label;
    }
    this.labels[unit] = best;
    this.probabilities[unit] = values[at + best] as number;
  }

  /** Score of a mention: the mean probability of the units from `first` up to `end`, at least one, calibrated. */
  score(first: number, end: number): number {
    let sum = 0;
    for (let unit = first; unit < end; unit++) sum += this.probabilities[unit] as number;
    // The mean of values near 1 may round to more than 1.
    return calibrated(Math.min(1, sum / (end - first)), this.#calibration);
  }
}
