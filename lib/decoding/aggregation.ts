/**
 * How tokens get to be words, by the names of transformers' token classification pipeline:
 * - `first`: a word has the label of its first token;
 * - `average`: the label with the highest mean probability over its tokens;
 * - `max`: the label of the token whose best label is the most probable;
 * - `simple`: there are no words; every token has its label, and an entity may start or end inside a word.
 */
export type Aggregation = "first" | "average" | "max" | "simple";

/** What models that label words know. */
export const wordAggregations: readonly Aggregation[] = ["first", "average", "max"];

/** What models know whose tokens have places in the text. */
export const allAggregations: readonly Aggregation[] = [...wordAggregations, "simple"];

/** Whether the labels of all tokens of a word count. */
export function readsAllTokens(aggregation: Aggregation): boolean {
  return aggregation === "average" || aggregation === "max";
}

/** Label probabilities of the tokens of a word. */
export interface TokenValues {
  readonly values: Float32Array;
  /** Index of the first token's probabilities. */
  readonly at: number;
  /** From the probabilities of a token to those of the next. */
  readonly step: number;
  /** Number of tokens, at least 1. */
  readonly tokens: number;
  readonly labels: number;
}

/**
 * The mean probability of each label over the tokens of a word.
 * @param result [labels] filled in
 */
export function averageTokens({ values, at, step, tokens, labels }: TokenValues, result: Float32Array): void {
  for (let label = 0; label < labels; label++) {
    let sum = 0;
    for (let token = 0; token < tokens; token++) sum += values[at + token * step + label] as number;
    result[label] = sum / tokens;
  }
}

/**
 * Index of the probabilities of the token with the most probable label; of equals the first. A token with a value that
 * is no probability comes first, so that it is not passed over.
 */
export function surestToken({ values, at, step, tokens, labels }: TokenValues): number {
  let best = -1;
  let found = at;
  for (let token = 0; token < tokens; token++) {
    const from = at + token * step;
    for (let label = 0; label < labels; label++) {
      const value = values[from + label] as number;
      if (!(value >= 0)) return from;
      if (value > best) {
        best = value;
        found = from;
      }
    }
  }
  return found;
}
