import { checkSignal } from "../async/signals.js";
import { instructions } from "../instructions/registry.js";
import type { Knowledge } from "./knowledge.js";
import { type Query, type RecognizeOptions, resolveQuery } from "./query.js";

type CacheKey = Pick<
  RecognizeOptions,
  "types" | "dataset" | "overlaps" | "aggregation" | "consistency" | "lines"
>;

/** Resolves the options of one recognizer's calls. Keeps the last query: most calls repeat it. */
export class QueryCache {
  readonly #knowledge: Knowledge;
  #last: { readonly key: CacheKey; readonly query: Query } | undefined;

  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge;
  }

  /** @throws as {@link resolveQuery} */
  resolve(options: RecognizeOptions): Query {
    if (this.#last && options.instruction === undefined && matches(options, this.#last.key)) {
      checkSignal(options.signal);
      return this.#last.query;
    }
    const query = resolveQuery(options, this.#knowledge, instructions);
    // Registered instructions come and go; what the model was trained on stays.
    const trained = query.types.every((type) => this.#knowledge.types.includes(type));
    if (trained && options.instruction === undefined) this.#last = { key: copy(options), query };
    return query;
  }
}

/** Options that are compared by value. */
const plainKeys = ["dataset", "overlaps", "aggregation", "consistency", "lines"] as const;

function matches(options: RecognizeOptions, key: CacheKey): boolean {
  if (plainKeys.some((name) => options[name] !== key[name])) return false;
  const { types } = options;
  if (types === undefined || key.types === undefined) return types === key.types;
  // The caller's value is not checked yet; the key's was.
  return (
    Array.isArray(types) &&
    types.length === key.types.length &&
    key.types.every((type, index) => types[index] === type)
  );
}

/** A copy that the caller cannot change. */
function copy({ types, dataset, overlaps, aggregation, consistency, lines }: CacheKey): CacheKey {
  return {
    ...(types && { types: [...types] }),
    ...(dataset !== undefined && { dataset }),
    ...(overlaps && { overlaps }),
    ...(aggregation && { aggregation }),
    ...(consistency !== undefined && { consistency }),
    ...(lines !== undefined && { lines }),
  };
}
