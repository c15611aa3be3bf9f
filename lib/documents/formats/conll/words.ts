import { VanerError } from "../../../errors.js";
import { segment } from "../../../text/segment.js";
import type { Annotation, Passage, Range } from "../../document.js";
import { tagsFor } from "./tags.js";

/** The words of each sentence, as parts of the passage's text. */
export function wordsOf({ text, sentences: given }: Passage): Range[][] {
  const { bounds, sentences } = segment(text, given && { words: given.flat(), sentences: startsOf(given) });
  return sentences.slice(1).map((end, index) => {
    const first = sentences[index] ?? 0;
    return Array.from({ length: end - first }, (_, word) => ({
      start: bounds[2 * (first + word)] ?? 0,
      end: bounds[2 * (first + word) + 1] ?? 0,
    }));
  });
}

/** [n_sentences + 1] index of each sentence's first word. */
function startsOf(sentences: readonly (readonly string[])[]): number[] {
  const starts = [0];
  for (const [index, words] of sentences.entries()) starts.push((starts[index] ?? 0) + words.length);
  return starts;
}

/**
 * The IOB2 tag of each word.
 * @param title of the format, for the message
 * @throws {VanerError} `ERR_VANER_DOCUMENT` if entities overlap
 */
export function tagsOf(
  title: string,
  id: string,
  words: readonly Range[],
  annotations: readonly Annotation[],
): string[] {
  const mentions = annotations.flatMap(({ type, ranges }) => ranges.map((range) => ({ ...range, type })));
  const tags = tagsFor(words, mentions);
  if (tags) return tags;
  throw new VanerError(
    "ERR_VANER_DOCUMENT",
    `${title} cannot hold the document ${JSON.stringify(id)}: entities overlap. Resolve overlaps, or write another format.`,
  );
}
