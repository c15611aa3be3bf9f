import type { Entity } from "./entities.js";
import type { Predictions, Tag } from "./labels.js";
import { runsOf } from "./runs.js";
import { type Stretch, trimStretch } from "./trim.js";

/** A text that was tokenized as a whole. Places are UTF-16 code units. */
export interface TokenizedText {
  readonly text: string;
  /** [n_tokens + 1] where each token starts, ascending but not strictly, then the text's end. */
  readonly starts: Uint32Array;
  /** [n_sentences] where each sentence's first word starts, ascending. */
  readonly sentences: readonly number[];
  /** [2 * n_words] start and end of each word, where the caller gave the words. */
  readonly words?: Uint32Array;
}

/**
 * Joins labelled tokens to entities as VANER2's published code does: B alone opens an entity, E or
 * whatever is not I closes it; it reaches from its first token's start to the start of the token
 * behind its last, less what {@link trimStretch} takes off. Nothing is left of some, and these are none.
 *
 * Where the caller gave words, an entity takes in every word that it touches, and a word that two
 * touch is the first one's: entities then begin and end with words, as the caller's labels do.
 * @param tags the tag of each label
 */
export function decodeTokenEntities(
  type: string,
  input: TokenizedText,
  found: Predictions,
  tags: readonly Tag[],
): Entity[] {
  const { text, starts, sentences, words } = input;
  const entities: Entity[] = [];
  for (const { first, end } of runsOf(found.labels, tags, 0, starts.length - 1, ["B"])) {
    const reach = { start: starts[first] as number, end: starts[end] as number };
    const mention = trimStretch(text, reach);
    if (mention.start === mention.end) continue;
    const span = words ? wholeWords(words, mention, entities.at(-1)?.end ?? 0) : mention;
    if (span.start === span.end) continue;
    entities.push({
      type,
      text: text.slice(span.start, span.end),
      ...span,
      score: found.meanProbability(first, end),
      sentence: lastUpTo(sentences, span.start),
    });
  }
  return entities;
}

/** The words that a mention touches, less one that begins before `from`; empty where none is left. */
function wholeWords(words: Uint32Array, mention: Stretch, from: number): Stretch {
  let first = lastUpTo(words, mention.start) >> 1;
  const last = lastUpTo(words, mention.end - 1) >> 1;
  if ((words[2 * first] as number) < from) first++;
  const end = words[2 * last + 1] as number;
  return { start: first > last ? end : (words[2 * first] as number), end };
}

/** Index of the last of ascending values that is at most `limit`; -1 where there is none. */
function lastUpTo(values: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
