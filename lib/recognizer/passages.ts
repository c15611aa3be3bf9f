/** Consecutive sentences that are read as one sequence. */
export interface Passage {
  /** First unit (word or token). */
  readonly first: number;
  /** One past the last unit. */
  readonly end: number;
  /** First unit that takes its label from this passage. The units before it are context. */
  readonly ownFirst: number;
  /** One past the last unit that takes its label from this passage. The units after it are context. */
  readonly ownEnd: number;
}

/** Whether some units of a passage take their labels from another one. */
export function hasContext({ first, end, ownFirst, ownEnd }: Passage): boolean {
  return first < ownFirst || ownEnd < end;
}

/**
 * Least context on either side of a part of a long text, in tokens: about one sentence. On dev sets, 0 to 120 tokens
 * give the same F1 within 0.5 points, and each part is read again as often as it is context.
 */
const contextTokens = 32;

/**
 * Cuts a text into passages of whole sentences. A text that fits is one passage. A longer text is cut into parts of
 * about equal length, and each part is read together with the sentences before and after it, as far as they fit. A
 * sentence that does not fit is a passage of its own. Takes O(n) time.
 *
 * @param offsets   [n_units + 1] unit u has tokens offsets[u] .. offsets[u + 1)
 * @param sentences [n_sentences + 1] sentence s has units sentences[s] .. sentences[s + 1)
 * @param most      tokens that fit. 0: every sentence is a passage of its own
 */
export function* cutPassages(
  offsets: Uint32Array,
  sentences: readonly number[],
  most: number,
): Generator<Passage> {
  const count = sentences.length - 1;
  const unit = (sentence: number) => sentences[sentence] as number;
  const tokens = (from: number, to: number) =>
    (offsets[unit(to)] as number) - (offsets[unit(from)] as number);
  const total = tokens(0, count);
  const context = Math.min(contextTokens, Math.floor(most / 4));
  const parts = total <= most ? 1 : Math.ceil((total - 2 * context) / (most - 2 * context));

  let from = 0;
  for (let part = 1; from < count; part++) {
    // The border nearest to an equal share, but no farther than fits.
    const share = (total * part) / parts;
    let to = from + 1;
    while (to < count && tokens(from, to + 1) <= most && (tokens(0, to) + tokens(0, to + 1)) / 2 <= share)
      to++;
    // Sentences without tokens cost nothing, and as parts of their own they would take quadratic time.
    while (to < count && tokens(to, to + 1) === 0) to++;
    let first = from;
    let end = to;
    while (first > 0 && tokens(first, from) < context && tokens(first - 1, end) <= most) first--;
    while (end < count && tokens(to, end) < context && tokens(first, end + 1) <= most) end++;
    yield { first: unit(first), end: unit(end), ownFirst: unit(from), ownEnd: unit(to) };
    from = to;
  }
}
