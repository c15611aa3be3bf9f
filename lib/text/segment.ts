import { findSentences } from "./sentences.js";
import { findWords } from "./words.js";

/** A text with its words and sentences. */
export interface SegmentedText {
  readonly text: string;
  /** [2 * n_words] start and end of each word in UTF-16 code units. */
  readonly bounds: Uint32Array;
  /** [n_sentences + 1] sentence s owns words sentences[s] .. sentences[s + 1). */
  readonly sentences: Uint32Array;
}

/** Finds the words and sentences of a text, in O(n). */
export function segment(text: string): SegmentedText {
  const bounds = findWords(text);
  return { text, bounds, sentences: findSentences(text, bounds) };
}
