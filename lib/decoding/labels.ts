import { listed, VanerError } from "../errors.js";
import { Slab } from "../slab.js";

/** What a label does to the entity that is open: the tags of BIO, and of BIOE with its closing E. */
export type Tag = "O" | "B" | "I" | "E";

const tagsOf: Readonly<Record<"BIO" | "BIOE", readonly Tag[]>> = {
  BIO: ["O", "B", "I"],
  BIOE: ["O", "B", "I", "E"],
};

/**
 * Reads a model's labels, which may be in any order.
 * @param labels in row order of the head, for example `["O", "I", "B", "E"]`
 * @returns the tag of each row
 * @throws {VanerError} `ERR_VANER_MODEL_FORMAT` where the labels are not the tagging's, each once
 */
export function readLabels(labels: readonly string[], tagging: "BIO" | "BIOE"): Tag[] {
  const tags: readonly string[] | undefined = tagsOf[tagging];
  if (!tags || labels.length !== tags.length || !tags.every((tag) => labels.includes(tag))) {
    throw new VanerError(
      "ERR_VANER_MODEL_FORMAT",
      `The model's labels ${listed(labels)} are not those of its tagging ${JSON.stringify(tagging)}: convert the model anew.`,
    );
  }
  return labels as Tag[];
}

const labelSlab = new Slab((length) => new Uint8Array(length));
const probabilitySlab = new Slab((length) => new Float32Array(length));

/** What a model says about every unit of a text, a word or a token, for one entity type. */
export class Predictions {
  /** [n_units] row of the most probable label. */
  readonly labels: Uint8Array;
  /** [n_units] probability of that label, from 0 to 1. */
  readonly probabilities: Float32Array;

  /** @param outside row of the label O, which units without a prediction keep */
  constructor(units: number, outside: number) {
    this.labels = labelSlab.take(units).fill(outside);
    this.probabilities = probabilitySlab.take(units);
  }

  /**
   * Takes the most probable label for a unit; of equals the first row, as numpy's argmax does.
   * @param values label probabilities, of which `count` from `at` are this unit's
   * @throws {VanerError} `ERR_VANER_COMPUTE` where a value is no probability
   */
  set(unit: number, values: Float32Array, at: number, count: number): void {
    let best = 0;
    for (let label = 0; label < count; label++) {
      const value = values[at + label] as number;
      // Written so that NaN fails too.
      if (!(value >= 0)) {
        throw new VanerError(
          "ERR_VANER_COMPUTE",
          `The model gave ${value} for a probability: its weights or the device's results are damaged.`,
        );
      }
      if (value > (values[at + best] as number)) best = label;
    }
    this.labels[unit] = best;
    this.probabilities[unit] = values[at + best] as number;
  }

  /** The mean over the units from `first` up to `end`, of which there is at least one. */
  meanProbability(first: number, end: number): number {
    let sum = 0;
    for (let unit = first; unit < end; unit++) sum += this.probabilities[unit] as number;
    // The mean of float32 values near 1 may round past it.
    return Math.min(1, sum / (end - first));
  }
}
