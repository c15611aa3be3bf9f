import { type Steps, stride } from "../async/steps.js";
import { hasInvisible } from "./invisible.js";
import { NumberList, type Numbers } from "./number-list.js";
import { TextBuilder } from "./text-builder.js";
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
  readonly parts: Uint32Array;
  /** [n_words] where each word starts in it. */
  readonly starts: Uint32Array;
  /** Start and end, in the original, of the character behind each code unit of it. */
  readonly places: Uint32Array;
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
  readonly #text = new TextBuilder();
  readonly #parts = new NumberList();
  readonly #starts = new NumberList();
  readonly #places = new NumberList();

  /** @param spacePrefix whether the first word of a text gets a space too */
  constructor(spacePrefix: boolean) {
    this.#spacePrefix = spacePrefix;
  }

  /** What was found in all calls of {@link find}. */
  *words(): Steps<SpacedWords> {
    return {
      text: this.#text.text,
      parts: yield* this.#parts.toArray(),
      starts: yield* this.#starts.toArray(),
      places: yield* this.#places.toArray(),
    };
  }

  /**
   * Appends the words of a part of a text.
   * @param bounds of words in the text, appended to
   * @param behind whether a word and a space stand in front of the part
   */
  *find(text: string, start: number, end: number, bounds: Numbers, behind: boolean): Steps<void> {
    const first = this.#text.length;
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
        if (space) this.#append(" ", this.#text.length > first ? gap : at, at);
        space = false;
        chunk ??= { start: this.#text.length, core: -1, coreEnd: -1 };
        const here = this.#text.length;
        this.#append(char, at, next);
        if (isLetterOrDigit.test(char)) {
          if (chunk.core < 0) chunk.core = here;
          chunk.coreEnd = this.#text.length;
        } else if (chunk.coreEnd === here && isMark.test(char)) chunk.coreEnd = this.#text.length;
      }
    }
    if (chunk) this.#close(chunk, bounds);
    if (this.#text.length === first) return;
    this.#parts.push(first);
    this.#parts.push(this.#text.length);
  }

  #append(char: string, start: number, end: number): void {
    this.#text.push(char);
    for (let unit = 0; unit < char.length; unit++) {
      this.#places.push(start);
      this.#places.push(end);
    }
  }

  /** Adds up to three words: the signs in front, the word, the signs behind. */
  #close({ start, core, coreEnd }: Chunk, bounds: Numbers): void {
    const cuts = [start, ...(core < 0 ? [] : [core, coreEnd]), this.#text.length];
    for (const [index, cut] of cuts.entries()) {
      const next = cuts[index + 1] ?? cut;
      if (next === cut) continue;
      this.#starts.push(cut);
      bounds.push(this.#places.at(2 * cut));
      bounds.push(this.#places.at(2 * next - 1));
    }
  }
}

/** Brings the parts of texts into a form of Unicode, each by itself. Words keep their bounds. */
export function* composeSpacedWords(words: SpacedWords, composer: UnicodeComposer): Steps<SpacedWords> {
  const text = new TextBuilder();
  const [parts, starts, places] = [new NumberList(), new NumberList(), new NumberList()];
  let length = 0;
  let word = 0;
  for (let at = 0; at < words.parts.length; at += 2) {
    const [first, end] = [words.parts[at] as number, words.parts[at + 1] as number];
    const part = words.text.slice(first, end);
    const composed = yield* composer.compose(part);
    const own = composed?.text ?? part;
    parts.push(length);
    for (let unit = 0; unit < own.length; unit++, length++) {
      if (length % stride === stride - 1) yield;
      const from = first + (composed?.places[2 * unit] ?? unit);
      const to = first + (composed?.places[2 * unit + 1] ?? unit + 1);
      for (; word < words.starts.length && (words.starts[word] as number) <= from; word++)
        starts.push(length);
      places.push(words.places[2 * from] as number);
      places.push(words.places[2 * to - 1] as number);
    }
    // No word starts within a character that is composed; if one did, it would have the last place.
    for (; word < words.starts.length && (words.starts[word] as number) < end; word++)
      starts.push(length - 1);
    text.push(own);
    parts.push(length);
  }
  return {
    text: text.text,
    parts: yield* parts.toArray(),
    starts: yield* starts.toArray(),
    places: yield* places.toArray(),
  };
}
