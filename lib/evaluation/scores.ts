/** Counts of entities. */
export interface EntityCounts {
  /** Entities in the corpus. */
  readonly support: number;
  /** Entities that the model found. */
  readonly predicted: number;
  /** Entities in both, with the same type and exactly the same span. */
  readonly correct: number;
}

/** Shares from 0 to 1. */
export interface Rates {
  /** correct / predicted; 0 if nothing was predicted. */
  readonly precision: number;
  /** correct / support; 0 if there is nothing to find. */
  readonly recall: number;
  /** Harmonic mean of precision and recall; 0 if both are 0. */
  readonly f1: number;
}

/** Entity-level scores from 0 to 1, with their counts. */
export interface Scores extends EntityCounts, Rates {}

/** Scores, with those of a match that asks for less, and the kinds of near misses. */
export interface DetailedScores extends Scores {
  /** Scores where an entity is correct if its type matches and it overlaps; each entity counts once. */
  readonly relaxed: Scores;
  /** Entities of the corpus that overlap one found of the same type, which has another start or end. */
  readonly boundaryErrors: number;
  /** Entities of the corpus, not among these, that overlap one found of another type. */
  readonly typeErrors: number;
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
  /** Of `missed`, what was found with another start or end. */
  readonly boundaryErrors: readonly Gold[];
  /** Of `missed`, what was found as another type. */
  readonly typeErrors: readonly Gold[];
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
  const boundary = pair(missed, spurious, (a, b) => a.type === b.type);
  const type = pair(boundary.others, boundary.left, (a, b) => a.type !== b.type);
  return { correct, spurious, missed, boundaryErrors: boundary.paired, typeErrors: type.paired };
}

function unique<S extends Span>(spans: readonly S[]): Map<string, S> {
  return new Map(spans.map((span) => [`${span.start} ${span.end} ${span.type}`, span]));
}

/** Pairs each missed entity with the first spurious one that overlaps and fits and is in no pair yet. */
function pair<Gold extends Span>(
  missed: readonly Gold[],
  spurious: readonly Span[],
  fits: (missed: Span, spurious: Span) => boolean,
) {
  const paired: Gold[] = [];
  const others: Gold[] = [];
  const left = [...spurious];
  for (const span of missed) {
    const index = left.findIndex(
      (other) => other.start < span.end && span.start < other.end && fits(span, other),
    );
    if (index >= 0) left.splice(index, 1);
    (index >= 0 ? paired : others).push(span);
  }
  return { paired, others, left };
}

/** Precision, recall and F1: the micro average of seqeval's default mode, with 0 for undefined values. */
export function scoresOf({ support, predicted, correct }: EntityCounts): Scores {
  const precision = predicted > 0 ? correct / predicted : 0;
  const recall = support > 0 ? correct / support : 0;
  const f1 = precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
  return { precision, recall, f1, support, predicted, correct };
}

/** The macro average: the mean of each rate over the types. */
export function macroOf(types: readonly Rates[]): Rates {
  const mean = (rate: keyof Rates) =>
    types.length === 0 ? 0 : types.reduce((sum, scores) => sum + scores[rate], 0) / types.length;
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") };
}

interface Tally {
  support: number;
  predicted: number;
  correct: number;
  boundaryErrors: number;
  typeErrors: number;
}

const newTally = (): Tally => ({ support: 0, predicted: 0, correct: 0, boundaryErrors: 0, typeErrors: 0 });

/** Sums comparisons, overall and by type. Its memory does not grow with the corpus. */
export class ScoreBoard {
  readonly #tallies = new Map<string, Tally>();

  /** @param types types of the result, even if the corpus has none of them */
  constructor(types: readonly string[] = []) {
    for (const type of types) this.#of(type);
  }

  add({ correct, spurious, missed, boundaryErrors, typeErrors }: Comparison<Span, Span>): void {
    for (const { type } of correct) {
      const tally = this.#of(type);
      tally.support++;
      tally.predicted++;
      tally.correct++;
    }
    for (const { type } of spurious) this.#of(type).predicted++;
    for (const { type } of missed) this.#of(type).support++;
    for (const { type } of boundaryErrors) this.#of(type).boundaryErrors++;
    for (const { type } of typeErrors) this.#of(type).typeErrors++;
  }

  /** Micro average over all types. */
  get overall(): DetailedScores {
    const sum = newTally();
    for (const tally of this.#tallies.values()) {
      for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += tally[key];
    }
    return detail(sum);
  }

  /** Macro average over all types. */
  get macro(): Rates {
    return macroOf(Object.values(this.types));
  }

  /** Scores of each type, in the order of their first occurrence. */
  get types(): Record<string, DetailedScores> {
    return Object.fromEntries([...this.#tallies].map(([type, tally]) => [type, detail(tally)]));
  }

  #of(type: string): Tally {
    let tally = this.#tallies.get(type);
    if (!tally) {
      tally = newTally();
      this.#tallies.set(type, tally);
    }
    return tally;
  }
}

function detail({ boundaryErrors, typeErrors, ...counts }: Tally): DetailedScores {
  const relaxed = scoresOf({ ...counts, correct: counts.correct + boundaryErrors });
  return { ...scoresOf(counts), relaxed, boundaryErrors, typeErrors };
}
