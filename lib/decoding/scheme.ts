import type { NativeModelInfo } from "../binding/native-addon.js";
import { describe, VanerError } from "../errors.js";
import { readLabels, type Tag } from "./labels.js";

/** Name of a head that finds the type that the instruction asks for. */
export const anyType = "*";

/** Name of a single head over several entity types, which its labels name: `B-Disease`. */
export const severalTypes = "+";

/** Tags that open an entity by the rules of seqeval's default mode. */
export const everyTag: readonly Tag[] = ["B", "I", "E", "S"];

/** Tags that open an entity in VANER2's models, which tag tokens. */
const beginAlone: readonly Tag[] = ["B"];

interface TypedTag {
  readonly tag: Tag;
  readonly type: string;
}

/** What the labels of a model stand for. */
export class LabelScheme {
  /** Entity types that the labels name, in order of first use; none if the heads have a type each. */
  readonly types: readonly string[];
  /** Row of the label O. */
  readonly outside: number;
  /** Tags that open an entity in a model that tags tokens. */
  readonly openingTokens: readonly Tag[];
  readonly #rows: readonly TypedTag[];
  readonly #views = new Map<string, readonly Tag[]>();

  /** @throws {VanerError} `ERR_VANER_MODEL_FORMAT` unless the labels are those of the tagging */
  constructor({ heads, labels, tagging }: Pick<NativeModelInfo, "heads" | "labels" | "tagging">) {
    const typed = heads.includes(severalTypes);
    this.#rows = typed ? labels.map(readTyped) : untyped(labels, tagging);
    this.types = typed ? typesOfLabels(labels) : [];
    this.outside = this.#rows.findIndex(({ tag }) => tag === "O");
    this.openingTokens = typed ? everyTag : beginAlone;
  }

  /**
   * The tag of each row, seen from one type: rows of other types count as O. A change of type ends an entity, so
   * decoding each view by itself gives the entities that decoding all types together gives.
   */
  tagsOf(type: string): readonly Tag[] {
    const known = this.#views.get(type);
    if (known) return known;
    const tags = this.#rows.map((row) => (row.type === "" || row.type === type ? row.tag : "O"));
    this.#views.set(type, tags);
    return tags;
  }
}

/** The entity types of labels such as `B-Disease`, in order of first use. */
export function typesOfLabels(labels: readonly string[]): string[] {
  return [...new Set(labels.filter((label) => label[1] === "-").map((label) => label.slice(2)))];
}

function untyped(labels: readonly string[], tagging: string): TypedTag[] {
  return readLabels(labels, tagging).map((tag) => ({ tag, type: "" }));
}

function readTyped(label: string): TypedTag {
  const tag = everyTag.find((known) => label.startsWith(`${known}-`));
  if (label === "O") return { tag: "O", type: "" };
  if (tag && label.length > 2) return { tag, type: label.slice(2) };
  throw new VanerError(
    "ERR_VANER_MODEL_FORMAT",
    `The model's label ${describe(label)} is neither O nor a tag of a type, such as B-Disease: convert the model again.`,
  );
}
