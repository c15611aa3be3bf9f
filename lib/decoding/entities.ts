import type { SegmentedText } from "../text/segment.js";
import type { Predictions, Tag } from "./labels.js";
import { runsOf } from "./runs.js";

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
   * tokens). Not a calibrated probability.
   */
  readonly score: number;
  /** Index of the mention's sentence, from 0. Sentences without words are not counted. */
  readonly sentence: number;
}

const opening: readonly Tag[] = ["B", "I", "E"];

/**
 * Joins labelled words to entities, sentence by sentence, by the rules of seqeval's default mode: B closes the open
 * entity and opens a new one; I continues the open entity, or opens one; E does the same and then closes it; O closes.
 * @param tags the tag of each label
 */
export function decodeEntities(
  type: string,
  input: SegmentedText,
  found: Predictions,
  tags: readonly Tag[],
): Entity[] {
  const entities: Entity[] = [];
  const { text, bounds, sentences } = input;
  for (const [sentence, from] of sentences.entries()) {
    const to = sentences[sentence + 1];
    if (to === undefined) break;
    for (const { first, end } of runsOf(found.labels, tags, from, to, opening)) {
      const start = bounds[2 * first] ?? 0;
      const stop = bounds[2 * end - 1] ?? 0;
      const score = found.meanProbability(first, end);
      entities.push({ type, text: text.slice(start, stop), start, end: stop, score, sentence });
    }
  }
  return entities;
}
