import { performance } from "node:perf_hooks";
import type { Entity } from "../decoding/entities.js";
import { VanerError } from "../errors.js";
import type { Recognizer } from "../recognizer/recognizer.js";
import { segment } from "../text/segment.js";
import type { GoldText } from "./corpus.js";
import { type Comparison, compare, ScoreBoard, type Scores, type Span } from "./scores.js";

/** Result of an evaluation. */
export interface Evaluation extends Scores {
  /** Number of sentences: those of the corpus, or of this library's segmentation for running text. */
  readonly sentences: number;
  /** Wall-clock seconds from the first text to the last, without loading the model. */
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
  /** Called after each text with its correct and wrong entities. */
  readonly onText?: (gold: GoldText, comparison: Comparison<Span, Entity>) => void | Promise<void>;
}

/**
 * Measures how well a recognizer finds the entities of a labelled corpus. Words of the corpus are used as they are;
 * running text is segmented by the recognizer, and its errors count. The corpus is read no faster than it is
 * recognized: memory does not grow with it.
 * @throws as `Recognizer.recognize`; whatever the corpus throws
 */
export async function evaluate(
  recognizer: Recognizer,
  corpus: AsyncIterable<GoldText>,
  { types, dataset, signal, onText }: EvaluateOptions,
): Promise<Evaluation> {
  const board = new ScoreBoard(types);
  const started = performance.now();
  let sentences = 0;

  // Queue of the texts that are being recognized.
  const waiting: GoldText[] = [];
  async function* inputs() {
    for await (const gold of corpus) {
      waiting.push(gold);
      yield gold.words ? { words: gold.words } : gold.text;
    }
  }
  const options = { types, ...(dataset !== undefined && { dataset }), ...(signal && { signal }) };
  for await (const { entities } of recognizer.recognizeStream(inputs(), options)) {
    const gold = waiting.shift();
    if (!gold) throw new VanerError("ERR_VANER_INTERNAL", "There are more results than texts.");
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
