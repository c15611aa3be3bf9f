import type { SegmentedText } from "../text/segment.js";
import type { Predictions, Tag } from "./labels.js";

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
   * From 0 to 1: the mean, over the mention's words, of the probability that the model gave to the
   * label it chose. High where the model was sure of every word; no calibrated probability.
   */
  readonly score: number;
  /** Index from 0 of the sentence that holds the mention; sentences without words are not counted. */
  readonly sentence: number;
}

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
  const { sentences } = input;
  for (let sentence = 0; sentence + 1 < sentences.length; sentence++) {
    const last = sentences[sentence + 1] as number;
    let open = -1;
    const close = (end: number) => {
      if (open >= 0) entities.push(entityOf(type, input, found, sentence, open, end));
      open = -1;
    };
    for (let word = sentences[sentence] as number; word < last; word++) {
      const tag = tags[found.labels[word] as number];
      if (tag === "O" || tag === "B") close(word);
      if (tag !== "O" && open < 0) open = word;
      if (tag === "E") close(word + 1);
    }
    close(last);
  }
  return entities;
}

function entityOf(
  type: string,
  { text, bounds }: SegmentedText,
  { probabilities }: Predictions,
  sentence: number,
  first: number,
  end: number,
): Entity {
  let sum = 0;
  for (let word = first; word < end; word++) sum += probabilities[word] as number;
  const from = bounds[2 * first] as number;
  const to = bounds[2 * end - 1] as number;
  // The mean of float32 values near 1 may round past it.
  const score = Math.min(1, sum / (end - first));
  return { type, text: text.slice(from, to), start: from, end: to, score, sentence };
}
