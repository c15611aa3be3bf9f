import { type Steps, stride } from "../async/steps.js";
import { hasInvisible } from "./invisible.js";
import type { UnicodeComposer } from "./unicode-form.js";

/**
 * Id, in model files (`vaner.words`), of the segmentation of encoders with a byte-level or unigram vocabulary, such as
 * RoBERTa, XLM-RoBERTa and ModernBERT. Words get labels, sentence by sentence: what stands between white space, without
 * the signs at its edges, which are words of their own, unless they share a token with the word. The text is tokenized as
 * it runs, with any white space as one space; signs that a reader does not see are taken out. Every sequence stands
 * between the first token (`<s>`) and the last one (`</s>`). If the caller gives words, each of them is labelled.
 */
export const spacedWordsId = "spaced-words-v1";

const isSpace = /^[\s\u0085]$/u;
const isLetterOrDigit = /^[\p{L}\p{N}]$/u;
const isMark = /^\p{M}$/u;

/** Parts of texts as the tokenizer reads them, and the words in them. */
export interface SpacedWords {
  /** The parts, one after the other. */
  readonly text: string;
  /** [2 * n_parts] start and end of each part in it. */
  readonly parts: readonly number[];
  /** [n_words] where each word starts in it. */
  readonly starts: readonly number[];
  /** Start and end, in the original, of the character behind each code unit of it. */
  readonly places: readonly number[];
}

/** What stands between two spaces; places are those in the composed text. */
interface Chunk {
  readonly start: number;
  /** Start of its first letter or digit, or -1. */
  core: number;
  /** End of its last letter or digit, with the marks on it. */
  coreEnd: number;
}

/** Finds words and composes the text that is tokenized, in O(n). */
export class SpacedWordFinder {
  readonly #spacePrefix: boolean;
  readonly #text: string[] = [];
  #length = 0;
  readonly #parts: number[] = [];
  readonly #starts: number[] = [];
  readonly #places: number[] = [];

  /** @param spacePrefix whether the first word of a text gets a space too */
  constructor(spacePrefix: boolean) {
    this.#spacePrefix = spacePrefix;
  }

  /** What was found in all calls of {@link find}. */
  get words(): SpacedWords {
    return { text: this.#text.join(""), parts: this.#parts, starts: this.#starts, places: this.#places };
  }

  /**
   * Appends the words of a part of a text.
   * @param bounds of words in the text, appended to
   * @param behind whether a word and a space stand in front of the part
   */
  *find(text: string, start: number, end: number, bounds: number[], behind: boolean): Steps<void> {
    const first = this.#length;
    let space = behind || this.#spacePrefix;
    let chunk: Chunk | undefined;
    /** Start of the white space that is read. */
    let gap = start;
    for (let at = start, next = at, pause = start + stride; at < end; at = next) {
      if (at >= pause) {
        yield;
        pause = at + stride;
      }
      const char = String.fromCodePoint(text.codePointAt(at) as number);
      next = at + char.length;
      if (hasInvisible(char)) continue;
      if (isSpace.test(char)) {
        if (chunk) {
          this.#close(chunk, bounds);
          chunk = undefined;
          gap = at;
          space = true;
        }
      } else {
        if (space) this.#append(" ", this.#length > first ? gap : at, at);
        space = false;
        chunk ??= { start: this.#length, core: -1, coreEnd: -1 };
        const here = this.#length;
        this.#append(char, at, next);
        if (isLetterOrDigit.test(char)) {
          if (chunk.core < 0) chunk.core = here;
          chunk.coreEnd = this.#length;
        } else if (chunk.coreEnd === here && isMark.test(char)) chunk.coreEnd = this.#length;
      }
    }
    if (chunk) this.#close(chunk, bounds);
    if (this.#length > first) this.#parts.push(first, this.#length);
  }

  #append(char: string, start: number, end: number): void {
    this.#text.push(char);
    this.#length += char.length;
    for (let unit = 0; unit < char.length; unit++) this.#places.push(start, end);
  }

  /** Adds up to three words: the signs in front, the word, the signs behind. */
  #close({ start, core, coreEnd }: Chunk, bounds: number[]): void {
    const cuts = [start, ...(core < 0 ? [] : [core, coreEnd]), this.#length];
    for (const [index, cut] of cuts.entries()) {
      const next = cuts[index + 1] ?? cut;
      if (next === cut) continue;
      this.#starts.push(cut);
      bounds.push(this.#places[2 * cut] as number, this.#places[2 * next - 1] as number);
    }
  }
}

/** Brings the parts of texts into a form of Unicode, each by itself. Words keep their bounds. */
export function* composeSpacedWords(words: SpacedWords, composer: UnicodeComposer): Steps<SpacedWords> {
  const text: string[] = [];
  const [parts, starts, places]: [number[], number[], number[]] = [[], [], []];
  let length = 0;
  let word = 0;
  for (let at = 0; at < words.parts.length; at += 2) {
    const [first, end] = [words.parts[at] as number, words.parts[at + 1] as number];
    const part = words.text.slice(first, end);
    const composed = yield* composer.compose(part);
    const own = composed?.text ?? part;
    const before = length;
    for (let unit = 0; unit < own.length; unit++, length++) {
      if (unit % stride === stride - 1) yield;
      const from = first + (composed?.places[2 * unit] ?? unit);
      const to = first + (composed?.places[2 * unit + 1] ?? unit + 1);
      for (; word < words.starts.length && (words.starts[word] as number) <= from; word++)
        starts.push(length);
      places.push(words.places[2 * from] as number, words.places[2 * to - 1] as number);
    }
    // No word starts within a character that is composed; if one did, it would have the last place.
    for (; word < words.starts.length && (words.starts[word] as number) < end; word++)
      starts.push(length - 1);
    text.push(own);
    parts.push(before, length);
  }
  return { text: text.join(""), parts, starts, places };
}
