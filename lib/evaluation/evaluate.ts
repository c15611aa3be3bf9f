import { performance } from "node:perf_hooks";
import type { Entity } from "../decoding/entities.js";
import type { Recognizer } from "../recognizer/recognizer.js";
import { segment } from "../text/segment.js";
import type { GoldText } from "./corpus.js";
import { type Comparison, compare, ScoreBoard, type Scores, type Span } from "./scores.js";

/** What an evaluation found. */
export interface Evaluation extends Scores {
  /** Sentences that were read: the corpus's own, or where it has running text, ours. */
  readonly sentences: number;
  /** Wall-clock seconds from the first text to the last, loading of the model not included. */
  readonly seconds: number;
  /** Scores of each entity type. */
  readonly types: Readonly<Record<string, Scores>>;
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  readonly types: readonly string[];
  /** As `RecognizeOptions.dataset`. */
  readonly dataset?: string;
  readonly signal?: AbortSignal;
  /** Called after every text with what was right and wrong in it. */
  readonly onText?: (gold: GoldText, comparison: Comparison<Span, Entity>) => void | Promise<void>;
}

/**
 * Measures how well a recognizer finds the entities of a labelled corpus. Words that the corpus gives
 * are taken as they are; running text is segmented by the recognizer, which is then part of what is
 * measured. Reads the corpus as fast as it is recognized: memory does not grow with it.
 * @throws as `Recognizer.recognize`, and whatever the corpus throws
 */
export async function evaluate(
  recognizer: Recognizer,
  corpus: AsyncIterable<GoldText>,
  { types, dataset, signal, onText }: EvaluateOptions,
): Promise<Evaluation> {
  const board = new ScoreBoard(types);
  const started = performance.now();
  let sentences = 0;

  // Texts that have been read and whose entities have not come yet, first in first out.
  const waiting: GoldText[] = [];
  async function* inputs() {
    for await (const gold of corpus) {
      waiting.push(gold);
      yield gold.words ? { words: gold.words } : gold.text;
    }
  }
  const options = { types, ...(dataset !== undefined && { dataset }), ...(signal && { signal }) };
  for await (const { entities } of recognizer.recognizeStream(inputs(), options)) {
    const gold = waiting.shift() as GoldText;
    const comparison = compare(gold.entities, entities);
    board.add(comparison);
    sentences += gold.words ? 1 : segment(gold.text).sentences.length - 1;
    await onText?.(gold, comparison);
  }
  return {
    ...board.overall,
    sentences,
    seconds: (performance.now() - started) / 1000,
    types: board.types,
  };
}
