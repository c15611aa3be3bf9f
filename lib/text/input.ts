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

/** Input of a recognition: a text, or the words of one sentence. */
export type TextInput = string | WordsInput;

/** A checked input. */
export interface SourceText {
  readonly text: string;
  /** The words, if the caller gave them; the text is these joined by single spaces. */
  readonly words?: readonly string[];
}

/**
 * Checks an input and copies it, so that the caller cannot change it.
 * @param index of the input among several, for the message
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
      `${which} has a word that is empty or not a string: word ${wrong} is ${describe(words[wrong])}.`,
    );
  }
  return { text: words.join(" "), words: [...words] };
}
