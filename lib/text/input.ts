import { describe, invalidArgument } from "../errors.js";

/**
 * One sentence that is already split into words, as in corpora and other pipelines. It is read as one sentence of these
 * words. Offsets refer to the words joined by single spaces. A model that labels tokens reads this joined text, and its
 * entities are widened to whole words.
 */
export interface WordsInput {
  /** The words, none of them empty. */
  readonly words: readonly string[];
}

/**
 * Consecutive sentences of one text that are already split into words. As {@link WordsInput}, but a model that reads
 * passages judges each sentence in its context. Offsets refer to the words of all sentences joined by single spaces.
 */
export interface SentencesInput {
  /** The sentences, each with its words, none of which is empty. */
  readonly sentences: readonly (readonly string[])[];
}

/** Input of a recognition: a text, the words of one sentence, or the words of several. */
export type TextInput = string | WordsInput | SentencesInput;

/** A checked input. */
export interface SourceText {
  readonly text: string;
  /** The words and sentences, if the caller gave them; the text is the words joined by single spaces. */
  readonly given?: GivenWords;
}

/** Words and sentences that the caller gave. */
export interface GivenWords {
  readonly words: readonly string[];
  /** [n_sentences + 1] sentence s has words sentences[s] .. sentences[s + 1). */
  readonly sentences: readonly number[];
}

/**
 * Checks an input and copies it, so that the caller cannot change it.
 * @param index of the input among several, for the message
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function readInput(input: unknown, index?: number): SourceText {
  if (typeof input === "string") return { text: input };
  const which = index === undefined ? "The text" : `Text ${index}`;
  const { words, sentences } = Object(input);
  if (Array.isArray(words) && sentences === undefined) return fromSentences([words], which);
  if (Array.isArray(sentences) && words === undefined) return fromSentences(sentences, which);
  throw invalidArgument(
    `${which} must be a string, or an object with either \`words\` or \`sentences\`, not ${describe(input)}.`,
  );
}

function fromSentences(sentences: readonly unknown[], which: string): SourceText {
  const words: string[] = [];
  const starts = [0];
  for (const [index, sentence] of sentences.entries()) {
    if (!Array.isArray(sentence)) {
      throw invalidArgument(
        `${which} must have an array of words for each sentence; sentence ${index} is ${describe(sentence)}.`,
      );
    }
    const wrong = sentence.findIndex((word) => typeof word !== "string" || word === "");
    if (wrong >= 0) {
      const where = sentences.length > 1 ? `word ${wrong} of sentence ${index}` : `word ${wrong}`;
      throw invalidArgument(
        `${which} has a word that is empty or not a string: ${where} is ${describe(sentence[wrong])}.`,
      );
    }
    for (const word of sentence) words.push(word);
    starts.push(words.length);
  }
  return { text: words.join(" "), given: { words, sentences: starts } };
}
