import { finish, type Steps, stride } from "../async/steps.js";
import type { GivenWords } from "./input.js";
import { visibleText, withInvisible } from "./invisible.js";
import { findLayout } from "./layout.js";
import { findSentences } from "./sentences.js";
import { findWords } from "./words.js";

/** Words as parts of a text. */
export interface WordsInText {
  readonly text: string;
  /** [2 * n_words] start and end of each word in UTF-16 code units. */
  readonly bounds: Uint32Array;
}

/** Words `first` up to `end` of a text. */
export interface WordRange {
  readonly first: number;
  readonly end: number;
}

/** The text of a range, with what stands between its words. */
export function textOf({ text, bounds }: WordsInText, { first, end }: WordRange): string {
  return text.slice(bounds[2 * first], bounds[2 * end - 1]);
}

/** A text with its words and sentences. */
export interface SegmentedText extends WordsInText {
  /** The same words as the model reads them: without the invisible signs inside. */
  readonly read: WordsInText;
  /** [n_sentences + 1] sentence s owns words sentences[s] .. sentences[s + 1). */
  readonly sentences: readonly number[];
  /** [n_words] 1 after words that no entity may reach across; undefined if there are none. */
  readonly cuts?: Uint8Array;
  /** [n_words] 1 for words of list markers, which are no part of an entity; undefined if there are none. */
  readonly markers?: Uint8Array;
}

/**
 * Finds the words and sentences of a text, in O(n). Signs that a reader does not see change neither: a word has those
 * inside it, and those between words belong to none.
 * @param given the words and sentences of the text, if the caller gave them
 * @param lines whether every line is a sentence (`true`) or none (`false`); undefined to look
 */
export function* segmentInSteps(text: string, given?: GivenWords, lines?: boolean): Steps<SegmentedText> {
  if (given) {
    const read = { text, bounds: yield* boundsOf(given.words) };
    return { ...read, read, sentences: given.sentences };
  }
  const visible = yield* visibleText(text, lines !== true);
  const read = visible ? visible.text : text;
  const found = yield* findWords(read);
  const bounds = visible ? yield* withInvisible(visible, found) : found;
  return { text, bounds, read: { text: read, bounds: found }, ...(yield* divide(read, found, lines)) };
}

/** {@link segmentInSteps} in one go. */
export function segment(text: string, given?: GivenWords, lines?: boolean): SegmentedText {
  return finish(segmentInSteps(text, given, lines));
}

/** The sentences of a text, and where no entity may reach across. */
function* divide(
  text: string,
  bounds: Uint32Array,
  lines: boolean | undefined,
): Steps<Pick<SegmentedText, "sentences" | "cuts" | "markers">> {
  const layout = yield* findLayout(text, bounds, lines);
  if (!layout) {
    const whole = lines === true;
    return { sentences: whole ? wholeSentence(bounds.length / 2) : yield* findSentences(text, bounds) };
  }
  const { cuts, markers } = layout;
  if (lines === true) return { sentences: yield* sentencesBetween(cuts), cuts };
  // In text of which no line is a sentence, headings are none either.
  const read = lines === false ? { ...layout, gaps: cuts } : layout;
  return { sentences: yield* findSentences(text, bounds, read), cuts, markers };
}

function* sentencesBetween(cuts: Uint8Array): Steps<number[]> {
  const starts = [0];
  for (let word = 0; word + 1 < cuts.length; word++) {
    if (word % stride === stride - 1) yield;
    if (cuts[word] === 1) starts.push(word + 1);
  }
  starts.push(cuts.length);
  return starts;
}

/** Bounds of words that are joined by single spaces. */
function* boundsOf(words: readonly string[]): Steps<Uint32Array> {
  const bounds = new Uint32Array(2 * words.length);
  let at = 0;
  for (const [word, { length }] of words.entries()) {
    if (word % stride === stride - 1) yield;
    bounds[2 * word] = at;
    bounds[2 * word + 1] = at + length;
    at += length + 1;
  }
  return bounds;
}

function wholeSentence(words: number): number[] {
  return words === 0 ? [0] : [0, words];
}
