import { didYouMean } from "../arguments.js";
import type { NativeModelInfo } from "../binding/native-addon.js";
import { type Aggregation, wordAggregations } from "../decoding/aggregation.js";
import { anyType, severalTypes, typesOfLabels } from "../decoding/scheme.js";
import { describe, listed, VanerError } from "../errors.js";
import { vanerAdaptiveInstruction, vanerDatasets, vanerInstruction } from "../instructions/builtin.js";
import { hasPlaceholder } from "../instructions/template.js";

/** What a model was trained on: entity types, datasets, heads and instructions. */
export class Knowledge {
  /** Entity types that the model was trained on, in the file's order. */
  readonly types: readonly string[];
  /** Whether the instruction says which type to find, so that new instructions can add types. */
  readonly instructable: boolean;
  /** How its tokens may give words their labels; the first is the default. */
  readonly aggregations: readonly Aggregation[];
  readonly #heads: readonly string[];
  readonly #typesOf = new Map<string, Set<string>>();
  readonly #template: string;
  readonly #adaptiveTemplate: string;

  /** @throws {VanerError} `ERR_VANER_MODEL_FORMAT` for a malformed `trained` pair */
  constructor(
    info: Pick<NativeModelInfo, "heads" | "labels" | "trained" | "template" | "adaptiveTemplate">,
    aggregations = wordAggregations,
  ) {
    this.aggregations = aggregations;
    this.#heads = info.heads;
    this.instructable = info.heads.includes(anyType);
    // Files that say nothing about their training are taken for VANER's own models.
    const silent = this.instructable && info.trained.length === 0;
    const trained = silent ? Object.entries(vanerDatasets) : info.trained.map(parsePair);
    for (const [dataset, type] of trained) {
      this.#typesOf.set(dataset, (this.#typesOf.get(dataset) ?? new Set()).add(type));
    }
    const named = info.heads.includes(severalTypes)
      ? typesOfLabels(info.labels)
      : info.heads.filter((head) => head !== anyType);
    const taught = trained
      .map(([, type]) => type)
      .filter((type) => this.instructable || named.includes(type));
    this.types = Object.freeze([...new Set([...named, ...taught])]);
    this.#template = info.template || (this.instructable ? vanerInstruction.template : "");
    const general = hasPlaceholder(info.template, "dataset") ? "" : info.template;
    const adaptive = info.adaptiveTemplate || general;
    this.#adaptiveTemplate = adaptive || (this.instructable ? vanerAdaptiveInstruction.template : "");
  }

  /** The model's instruction template for a dataset, or for none; may be empty. */
  templateFor(dataset: string | undefined): string {
    return dataset === undefined ? this.#adaptiveTemplate : this.#template;
  }

  /** Index of the head that finds this type, or -1. */
  headFor(type: string): number {
    const own = this.#heads.indexOf(type);
    if (own >= 0) return own;
    return this.#heads.findIndex((head) => head === anyType || head === severalTypes);
  }

  /**
   * Entity types of a dataset.
   * @throws {VanerError} `ERR_VANER_UNKNOWN_DATASET`; the message lists the known ones
   */
  typesOf(dataset: string): readonly string[] {
    const types = this.#typesOf.get(dataset);
    if (types) return [...types];
    const known = [...this.#typesOf.keys()];
    throw new VanerError(
      "ERR_VANER_UNKNOWN_DATASET",
      `The model was not trained on the dataset ${describe(dataset)}.${didYouMean(dataset, known)} It knows ${listed(known)}; for any other text leave the dataset out.`,
    );
  }

  /** @throws {VanerError} `ERR_VANER_UNKNOWN_DATASET` if the model was not trained on this type of this dataset */
  checkPair(dataset: string, type: string): void {
    if (this.typesOf(dataset).includes(type)) return;
    const datasets = [...this.#typesOf].filter(([, types]) => types.has(type)).map(([name]) => name);
    throw new VanerError(
      "ERR_VANER_UNKNOWN_DATASET",
      `The model was not trained on ${type} in the dataset ${describe(dataset)}. For ${type} it knows ${listed(datasets)}; for any other text leave the dataset out.`,
    );
  }
}

function parsePair(pair: string): [dataset: string, type: string] {
  const colon = pair.lastIndexOf(":");
  if (colon > 0 && colon < pair.length - 1) return [pair.slice(0, colon), pair.slice(colon + 1)];
  throw new VanerError(
    "ERR_VANER_MODEL_FORMAT",
    `The model file lists ${JSON.stringify(pair)} as training data, which is not "dataset:Type": convert the model again.`,
  );
}
