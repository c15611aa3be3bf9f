import { describe, invalidArgument } from "../errors.js";

/**
 * One sentence that is cut into words already, as corpora and other pipelines have them. It is read
 * as it is cut: as one sentence of these words. Offsets count in the words joined by single spaces. A
 * model that tags tokens reads that text, and its entities take in each word that they touch.
 */
export interface WordsInput {
  /** The words, none of them empty. */
  readonly words: readonly string[];
}

/** What can be recognized: a text, or the words of one sentence. */
export type TextInput = string | WordsInput;

/** A text to be segmented, or with the words that it must be cut into. */
export interface SourceText {
  readonly text: string;
  /** In order; the text is these joined by single spaces. */
  readonly words?: readonly string[];
}

/**
 * Checks an input and copies what the caller could change.
 * @param index place among several, for the message
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`
 */
export function readInput(input: unknown, index?: number): SourceText {
  if (typeof input === "string") return { text: input };
  const which = index === undefined ? "The text" : `Text ${index}`;
  const { words } = Object(input);
  if (!Array.isArray(words)) {
    throw invalidArgument(`${which} must be a string, or an object with \`words\`, not ${describe(input)}.`);
  }
  const wrong = words.findIndex((word) => typeof word !== "string" || word === "");
  if (wrong >= 0) {
    throw invalidArgument(
      `${which} has a word that is no text or empty: word ${wrong} is ${describe(words[wrong])}.`,
    );
  }
  return { text: words.join(" "), words: [...words] };
}
