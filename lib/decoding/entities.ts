import type { SegmentedText } from "../text/segment.js";
import type { Predictions, Tag } from "./labels.js";
import { runsOf } from "./runs.js";

/** A mention of an entity in a text. */
export interface Entity {
  /** Entity type as it was asked for, for example `Disease`. */
  readonly type: string;
  /** The mention itself: always `input.slice(start, end)`. */
  readonly text: string;
  /** Where the mention starts, in UTF-16 code units of the input (what `String.prototype.slice` counts). */
  readonly start: number;
  /** Where it ends, exclusive, in UTF-16 code units of the input. */
  readonly end: number;
  /**
   * From 0 to 1: the mean, over the mention's words (of a model that tags tokens: its tokens), of the
   * probability that the model gave to the label it chose. High where the model was sure of every one;
   * no calibrated probability.
   */
  readonly score: number;
  /** Index from 0 of the sentence that holds the mention; sentences without words are not counted. */
  readonly sentence: number;
}

const opening: readonly Tag[] = ["B", "I", "E"];

/**
 * Joins labelled words to entities, sentence by sentence, by the rules of seqeval's default mode:
 * B opens an entity and closes the one before it; I continues one, or opens one where none is open;
 * E does the same and closes it; O closes.
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
  for (let sentence = 0; sentence + 1 < sentences.length; sentence++) {
    const from = sentences[sentence] as number;
    const to = sentences[sentence + 1] as number;
    for (const { first, end } of runsOf(found.labels, tags, from, to, opening)) {
      const start = bounds[2 * first] as number;
      const stop = bounds[2 * end - 1] as number;
      const score = found.meanProbability(first, end);
      entities.push({ type, text: text.slice(start, stop), start, end: stop, score, sentence });
    }
  }
  return entities;
}
