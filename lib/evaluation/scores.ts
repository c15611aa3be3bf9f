/** Counts of entities. */
export interface EntityCounts {
  /** Entities in the corpus. */
  readonly support: number;
  /** Entities that the model found. */
  readonly predicted: number;
  /** Entities in both, with the same type and exactly the same span. */
  readonly correct: number;
}

/** Entity-level scores from 0 to 1, with their counts. */
export interface Scores extends EntityCounts {
  /** correct / predicted; 0 if nothing was predicted. */
  readonly precision: number;
  /** correct / support; 0 if there is nothing to find. */
  readonly recall: number;
  /** Harmonic mean of precision and recall; 0 if both are 0. */
  readonly f1: number;
}

/** A part of a text with an entity type, in UTF-16 code units. */
export interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** The entities of one text, compared with the corpus. */
export interface Comparison<Gold extends Span, Found extends Span> {
  readonly correct: readonly Found[];
  /** Found, but not in the corpus: false positives. */
  readonly spurious: readonly Found[];
  /** In the corpus, but not found: false negatives. */
  readonly missed: readonly Gold[];
}

/**
 * Strict matching: an entity is correct only if type, start and end agree. Duplicates count once, as in seqeval, which
 * compares sets.
 */
export function compare<Gold extends Span, Found extends Span>(
  gold: readonly Gold[],
  found: readonly Found[],
): Comparison<Gold, Found> {
  const expected = unique(gold);
  const predicted = unique(found);
  const correct: Found[] = [];
  const spurious: Found[] = [];
  for (const [key, span] of predicted) (expected.has(key) ? correct : spurious).push(span);
  const missed = [...expected].filter(([key]) => !predicted.has(key)).map(([, span]) => span);
  return { correct, spurious, missed };
}

function unique<S extends Span>(spans: readonly S[]): Map<string, S> {
  return new Map(spans.map((span) => [`${span.start} ${span.end} ${span.type}`, span]));
}

/** Precision, recall and F1: the micro average of seqeval's default mode, with 0 for undefined values. */
export function scoresOf({ support, predicted, correct }: EntityCounts): Scores {
  const precision = predicted > 0 ? correct / predicted : 0;
  const recall = support > 0 ? correct / support : 0;
  const f1 = precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
  return { precision, recall, f1, support, predicted, correct };
}

/** Sums comparisons, overall and by type. Its memory does not grow with the corpus. */
export class ScoreBoard {
  readonly #counts = new Map<string, { support: number; predicted: number; correct: number }>();

  /** @param types types of the result, even if the corpus has none of them */
  constructor(types: readonly string[] = []) {
    for (const type of types) this.#of(type);
  }

  add({ correct, spurious, missed }: Comparison<Span, Span>): void {
    for (const { type } of correct) {
      const counts = this.#of(type);
      counts.support++;
      counts.predicted++;
      counts.correct++;
    }
    for (const { type } of spurious) this.#of(type).predicted++;
    for (const { type } of missed) this.#of(type).support++;
  }

  /** Micro average over all types. */
  get overall(): Scores {
    const sum = { support: 0, predicted: 0, correct: 0 };
    for (const counts of this.#counts.values()) {
      sum.support += counts.support;
      sum.predicted += counts.predicted;
      sum.correct += counts.correct;
    }
    return scoresOf(sum);
  }

  /** Scores of each type, in the order of their first occurrence. */
  get types(): Record<string, Scores> {
    return Object.fromEntries([...this.#counts].map(([type, counts]) => [type, scoresOf(counts)]));
  }

  #of(type: string) {
    let counts = this.#counts.get(type);
    if (!counts) {
      counts = { support: 0, predicted: 0, correct: 0 };
      this.#counts.set(type, counts);
    }
    return counts;
  }
}
