import { performance } from "node:perf_hooks";
import type { Entity } from "../decoding/entities.js";
import { VanerError } from "../errors.js";
import type { Recognizer } from "../recognizer/recognizer.js";
import type { TextInput } from "../text/input.js";
import { segment } from "../text/segment.js";
import { TextCounts } from "./bootstrap.js";
import type { GoldText } from "./gold.js";
import {
  type Comparison,
  compare,
  type DetailedScores,
  type Rates,
  ScoreBoard,
  type Span,
} from "./scores.js";

/** Result of an evaluation. */
export interface Evaluation extends DetailedScores {
  /** The macro average; all other scores outside of `types` are micro averages. */
  readonly macro: Rates;
  /** Number of sentences: those of the corpus, or of this library's segmentation for running text. */
  readonly sentences: number;
  /** Wall-clock seconds from the first text to the last, without loading the model. */
  readonly seconds: number;
  /** Scores of each entity type. */
  readonly types: Readonly<Record<string, DetailedScores>>;
}

/** An evaluation, with what resampling needs. */
export interface CountedEvaluation extends Evaluation {
  readonly counts: TextCounts;
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  readonly types: readonly string[];
  /** As `RecognizeOptions.dataset`. */
  readonly dataset?: string | undefined;
  /** As `RecognizeOptions.consistency`. */
  readonly consistency?: boolean | undefined;
  /**
   * Whether sentences of words are read together with their neighbours in the corpus, by a model that reads passages.
   * Right for consecutive sentences of documents, wrong for sentences that were drawn by chance. Default: false.
   */
  readonly context?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each text with its correct and wrong entities. */
  readonly onText?:
    | ((gold: GoldText, comparison: Comparison<Span, Entity>) => void | Promise<void>)
    | undefined;
}

/**
 * Measures how well a recognizer finds the entities of a labelled corpus. Words of the corpus are used as they are;
 * running text is segmented by the recognizer, and its errors count. The corpus is read no faster than it is
 * recognized: memory grows with the counts of its entities alone.
 * @throws as `Recognizer.recognize`; whatever the corpus throws
 */
export async function evaluate(
  recognizer: Recognizer,
  corpus: AsyncIterable<GoldText>,
  { types, dataset, consistency, context = false, signal, onText }: EvaluateOptions,
): Promise<CountedEvaluation> {
  const board = new ScoreBoard(types);
  const counts = new TextCounts([...new Set(types)]);
  const started = performance.now();
  let sentences = 0;

  // Queue of the texts that are being recognized.
  const waiting: (readonly GoldText[])[] = [];
  async function* inputs() {
    for await (const texts of together(corpus, context && recognizer.info.passageTokens > 0)) {
      waiting.push(texts);
      yield inputOf(texts);
    }
  }
  const options = { types, dataset, consistency, signal };
  for await (const { entities } of recognizer.recognizeStream(inputs(), options)) {
    const texts = waiting.shift();
    if (!texts) throw new VanerError("ERR_VANER_INTERNAL", "There are more results than texts.");
    for (const { gold, found } of apart(texts, entities)) {
      const comparison = compare(gold.entities, found);
      board.add(comparison);
      counts.add(comparison);
      sentences += gold.words ? 1 : segment(gold.text).sentences.length - 1;
      await onText?.(gold, comparison);
    }
  }
  return {
    ...board.overall,
    macro: board.macro,
    sentences,
    seconds: (performance.now() - started) / 1000,
    types: board.types,
    counts,
  };
}

/** Most sentences of words that are read as one text: many passages, so that few lack context, in bounded memory. */
const mostTogether = 64;

/** Texts that are read together: sentences of words with those that continue them, or one text. */
async function* together(corpus: AsyncIterable<GoldText>, inContext: boolean): AsyncGenerator<GoldText[]> {
  let texts: GoldText[] = [];
  for await (const gold of corpus) {
    const joins = inContext && gold.words && gold.continues && texts.length < mostTogether;
    if (!joins && texts.length > 0) {
      yield texts;
      texts = [];
    }
    texts.push(gold);
  }
  if (texts.length > 0) yield texts;
}

function inputOf(texts: readonly GoldText[]): TextInput {
  const [only] = texts;
  if (only && !only.words) return only.text;
  return { sentences: texts.map(({ words = [] }) => words) };
}

/** The entities of each text, with offsets in it, of those that were found in all. */
function* apart(texts: readonly GoldText[], entities: readonly Entity[]) {
  let start = 0;
  for (const [index, gold] of texts.entries()) {
    const own = texts.length > 1 ? entities.filter(({ sentence }) => sentence === index) : entities;
    const from = start;
    const found = own.map((entity) => ({ ...entity, start: entity.start - from, end: entity.end - from }));
    yield { gold, found };
    start += gold.text.length + 1;
  }
}
