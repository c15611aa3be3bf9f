import { findSentences } from "./sentences.js";
import { findWords } from "./words.js";

/** A text with its words and sentences. */
export interface SegmentedText {
  readonly text: string;
  /** [2 * n_words] start and end of each word in UTF-16 code units. */
  readonly bounds: Uint32Array;
  /** [n_sentences + 1] sentence s owns words sentences[s] .. sentences[s + 1). */
  readonly sentences: readonly number[];
}

/**
 * Finds the words and sentences of a text, in O(n).
 * @param words the words of the text, if the caller gave them: one sentence, joined by single spaces
 */
export function segment(text: string, words?: readonly string[]): SegmentedText {
  const bounds = words === undefined ? findWords(text) : boundsOf(words);
  const sentences = words === undefined ? findSentences(text, bounds) : wholeSentence(words.length);
  return { text, bounds, sentences };
}

/** Bounds of words that are joined by single spaces. */
function boundsOf(words: readonly string[]): Uint32Array {
  const bounds = new Uint32Array(2 * words.length);
  let at = 0;
  for (const [word, { length }] of words.entries()) {
    bounds[2 * word] = at;
    bounds[2 * word + 1] = at + length;
    at += length + 1;
  }
  return bounds;
}

function wholeSentence(words: number): number[] {
  return words === 0 ? [0] : [0, words];
}
