import { type Steps, stride } from "../async/steps.js";
import type { SegmentedText, WordRange, WordsInText } from "../text/segment.js";
import type { Predictions, Tag } from "./labels.js";
import { runsOf } from "./runs.js";
import { everyTag } from "./scheme.js";
import { type Stretch, trimStretch, wordEdges } from "./trim.js";

/** A mention of an entity in a text. */
export interface Entity {
  /** Entity type, for example `Disease`. */
  readonly type: string;
  /** The mention: always `input.slice(start, end)`. */
  readonly text: string;
  /** Start of the mention, in UTF-16 code units of the input, as `String.prototype.slice` counts. */
  readonly start: number;
  /** End of the mention, exclusive, in UTF-16 code units of the input. */
  readonly end: number;
  /**
   * Confidence from 0 to 1: the mean probability of the labels of the mention's words (or tokens, if the model labels
   * tokens), calibrated as the model's file says; of entities that `consistency` added, that of another mention.
   */
  readonly score: number;
  /** Index of the mention's sentence, from 0. Sentences without words are not counted. */
  readonly sentence: number;
}

const letterOrDigit = /[\p{L}\p{N}]/u;

/**
 * Joins labelled words to entities, sentence by sentence, by the rules of seqeval's default mode: B closes the open
 * entity and opens a new one; I continues the open entity, or opens one; E does the same and then closes it; S is an
 * entity of its own; O closes.
 *
 * List markers are no part of an entity, nor are words at its edges that {@link trimStretch} takes away whole. Entities
 * without a letter or digit are dropped.
 * @param tags the tag of each label, seen from this type
 */
export function* decodeEntities(
  type: string,
  input: SegmentedText,
  found: Predictions,
  tags: readonly Tag[],
): Steps<Entity[]> {
  const entities: Entity[] = [];
  const { text, bounds, read, sentences, markers } = input;
  for (const [sentence, from] of sentences.entries()) {
    const to = sentences[sentence + 1];
    if (to === undefined) break;
    for (const run of runsOf(found.labels, tags, from, to, everyTag)) {
      const trimmed = run && (yield* trimWords(read, markers ? behindMarker(markers, run) : run));
      if (!run) yield;
      if (!trimmed) continue;
      const { first, end } = trimmed;
      // Tokens may share a character; entities do not.
      const start = Math.max(bounds[2 * first] ?? 0, entities.at(-1)?.end ?? 0);
      const stop = bounds[2 * end - 1] ?? 0;
      if (start >= stop) continue;
      const score = found.score(first, end);
      entities.push({ type, text: text.slice(start, stop), start, end: stop, score, sentence });
    }
  }
  return entities;
}

/** A run without the list marker that it begins with; may be empty. */
function behindMarker(markers: Uint8Array, { first, end }: WordRange): WordRange {
  let from = first;
  while (from < end && markers[from] === 1) from++;
  return { first: from, end };
}

/** The words that a trimmed mention touches; undefined if signs are all there is. */
function* trimWords({ text, bounds }: WordsInText, { first, end }: WordRange): Steps<WordRange | undefined> {
  const stretch = { start: bounds[2 * first] ?? 0, end: bounds[2 * end - 1] ?? 0 };
  const mention = yield* trimStretch(text, stretch, wordEdges);
  if (!(yield* hasLetterOrDigit(text, mention))) return undefined;
  let from = first;
  let to = end;
  while ((bounds[2 * from + 1] ?? mention.end) <= mention.start) if (++from % stride === 0) yield;
  while ((bounds[2 * to - 2] ?? mention.start) >= mention.end) if (--to % stride === 0) yield;
  return { first: from, end: to };
}

function* hasLetterOrDigit(text: string, { start, end }: Stretch): Steps<boolean> {
  for (let at = start; at < end; at += stride) {
    if (at > start) yield;
    // One code unit more, for a surrogate pair across the border.
    if (letterOrDigit.test(text.slice(at, Math.min(end, at + stride + 1)))) return true;
  }
  return false;
}
