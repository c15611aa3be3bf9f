import type { NativeModelInfo } from "../binding/native-addon.js";
import { listed, VanerError } from "../errors.js";
import { vanerAdaptiveInstruction, vanerDatasets, vanerInstruction } from "../instructions/builtin.js";
import { hasHole } from "../instructions/template.js";

/** Name of a head that finds whatever type the instruction asks for. */
const anyType = "*";

/** What a model was trained with: its entity types, datasets, heads and instructions. */
export class Knowledge {
  /** Entity types that the model was trained on, in the file's order. */
  readonly types: readonly string[];
  /** Whether the instruction decides what a head finds, so that types may be added by instructions. */
  readonly instructable: boolean;
  readonly #heads: readonly string[];
  readonly #typesOf = new Map<string, Set<string>>();
  readonly #template: string;
  readonly #adaptiveTemplate: string;

  /** @throws {VanerError} `ERR_VANER_MODEL_FORMAT` for a malformed `trained` pair */
  constructor(info: Pick<NativeModelInfo, "heads" | "trained" | "template" | "adaptiveTemplate">) {
    this.#heads = info.heads;
    this.instructable = info.heads.includes(anyType);
    // A model that the instruction decides on and that says nothing else is taken for VANER's own.
    const silent = this.instructable && info.trained.length === 0;
    const trained = silent ? Object.entries(vanerDatasets) : info.trained.map(parsePair);
    for (const [dataset, type] of trained) {
      this.#typesOf.set(dataset, (this.#typesOf.get(dataset) ?? new Set()).add(type));
    }
    const named = info.heads.filter((head) => head !== anyType);
    const taught = trained
      .map(([, type]) => type)
      .filter((type) => this.instructable || named.includes(type));
    this.types = Object.freeze([...new Set([...named, ...taught])]);
    this.#template = info.template || (this.instructable ? vanerInstruction.template : "");
    const general = hasHole(info.template, "dataset") ? "" : info.template;
    const adaptive = info.adaptiveTemplate || general;
    this.#adaptiveTemplate = adaptive || (this.instructable ? vanerAdaptiveInstruction.template : "");
  }

  /** The template that the model was trained with, for texts of a dataset or of none; may be empty. */
  templateFor(dataset: string | undefined): string {
    return dataset === undefined ? this.#adaptiveTemplate : this.#template;
  }

  /** Index of the head that finds this type, or -1 where none does. */
  headFor(type: string): number {
    const own = this.#heads.indexOf(type);
    return own >= 0 ? own : this.#heads.indexOf(anyType);
  }

  /**
   * Entity types of a dataset.
   * @throws {VanerError} `ERR_VANER_UNKNOWN_DATASET`, listing those that are known
   */
  typesOf(dataset: string): readonly string[] {
    const types = this.#typesOf.get(dataset);
    if (types) return [...types];
    throw new VanerError(
      "ERR_VANER_UNKNOWN_DATASET",
      `The model was not trained on the dataset ${JSON.stringify(dataset)}. It knows ${listed(this.#typesOf.keys())}; leave the dataset out for any other text.`,
    );
  }

  /** @throws {VanerError} `ERR_VANER_UNKNOWN_DATASET` where the model did not see this type in this dataset */
  checkPair(dataset: string, type: string): void {
    if (this.typesOf(dataset).includes(type)) return;
    const datasets = [...this.#typesOf].filter(([, types]) => types.has(type)).map(([name]) => name);
    throw new VanerError(
      "ERR_VANER_UNKNOWN_DATASET",
      `The model was not trained on ${type} in the dataset ${JSON.stringify(dataset)}. For ${type} it knows ${listed(datasets)}; leave the dataset out for any other text.`,
    );
  }
}

function parsePair(pair: string): [dataset: string, type: string] {
  const colon = pair.lastIndexOf(":");
  if (colon > 0 && colon < pair.length - 1) return [pair.slice(0, colon), pair.slice(colon + 1)];
  throw new VanerError(
    "ERR_VANER_MODEL_FORMAT",
    `The model says that it was trained on ${JSON.stringify(pair)}, which is no "dataset:Type": convert the model anew.`,
  );
}
