import { type Steps, stride } from "../async/steps.js";
import type { Entity } from "./entities.js";
import type { Predictions, Tag } from "./labels.js";
import { runsOf } from "./runs.js";
import { type Stretch, tokenEdges, trimStretch } from "./trim.js";

/** A text that was tokenized as a whole. Offsets are in UTF-16 code units. */
export interface TokenizedText {
  readonly text: string;
  /** [n_tokens + 1] start of each token, ascending but not strictly, then the end of the text. */
  readonly starts: Uint32Array;
  /** [n_sentences] start of each sentence's first word, ascending. */
  readonly sentences: readonly number[];
  /** Starts of words that no entity reaches across from before, ascending: new lines, cells and paragraphs. */
  readonly borders?: readonly number[];
  /** [2 * n_words] start and end of each word, if the caller gave the words. */
  readonly words?: Uint32Array;
}

/**
 * Joins labelled tokens to entities. In VANER2's models only B opens an entity, as in its published code; in others any
 * tag but O does, as in transformers and seqeval. E closes it, as does anything but I. It reaches from the start of its
 * first token to the start of the token after its last, trimmed by {@link trimStretch}; entities that are empty then are
 * dropped.
 *
 * An entity that reaches across borders of the layout is one for each part.
 *
 * If the caller gave words, an entity is widened to all words that it touches, so that entities start and end with
 * words, as the caller's labels do. A word that two entities touch belongs to the first.
 * @param tags    the tag of each label, seen from this type
 * @param opening tags that open an entity
 */
export function* decodeTokenEntities(
  type: string,
  input: TokenizedText,
  found: Predictions,
  tags: readonly Tag[],
  opening: readonly Tag[] = ["B"],
): Steps<Entity[]> {
  const { text, sentences, words } = input;
  const entities: Entity[] = [];
  for (const part of partsOf(input, found, tags, opening)) {
    if (!part) {
      yield;
      continue;
    }
    const { first, end, start, stop } = part;
    const mention = yield* trimStretch(text, { start, end: stop }, tokenEdges);
    if (mention.start === mention.end) continue;
    const span = words ? wholeWords(words, mention, entities.at(-1)?.end ?? 0) : mention;
    if (span.start === span.end) continue;
    entities.push({
      type,
      text: text.slice(span.start, span.end),
      ...span,
      score: found.score(first, end),
      sentence: lastUpTo(sentences, span.start),
    });
  }
  return entities;
}

/**
 * The runs of labelled tokens, cut at the borders, with their tokens and their part of the text; undefined where the
 * work may pause.
 */
function* partsOf(
  { starts, borders = [] }: TokenizedText,
  found: Predictions,
  tags: readonly Tag[],
  opening: readonly Tag[],
) {
  let next = 0;
  for (const run of runsOf(found.labels, tags, 0, starts.length - 1, opening)) {
    if (!run) {
      yield undefined;
      continue;
    }
    const { first, end } = run;
    const stop = starts[end] ?? 0;
    let start = starts[first] ?? 0;
    let from = first;
    while ((borders[next] ?? stop) <= start && next < borders.length) next++;
    for (; (borders[next] ?? stop) < stop; next++) {
      const border = borders[next] ?? stop;
      let to = from;
      while (to < end && (starts[to] ?? stop) < border) if (++to % stride === 0) yield undefined;
      yield { first: from, end: to, start, stop: border };
      start = border;
      // A token may hold the end of one line and the start of the next.
      from = Math.min(to, lastUpTo(starts, border));
    }
    yield { first: from, end, start, stop };
  }
}

/** The words that a mention touches, without one that starts before `from`; may be empty. */
function wholeWords(words: Uint32Array, mention: Stretch, from: number): Stretch {
  const startOf = (word: number) => words[2 * word] ?? 0;
  let first = lastUpTo(words, mention.start) >> 1;
  const last = lastUpTo(words, mention.end - 1) >> 1;
  if (startOf(first) < from) first++;
  const end = words[2 * last + 1] ?? 0;
  return { start: first > last ? end : startOf(first), end };
}

/** Index of the last of ascending values that is at most `limit`, or -1. */
function lastUpTo(values: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
