import { textOf, type WordRange, type WordsInText } from "../text/segment.js";

/** A name that a text uses. */
export interface Name {
  /** Highest score of the mentions that it comes from. */
  score: number;
  /** Mentions that the model found. */
  found: number;
  /** Occurrences that it did not find. */
  missed: number;
  /** Whether the text defines the name as an abbreviation. */
  defined: boolean;
}

/** A name that starts with a word, and where it ends. */
export interface Occurrence {
  readonly name: Name;
  readonly end: number;
}

interface Node {
  readonly next: Map<string, Node>;
  name?: Name;
}

const shortestName = 2;
/** Bounds the search at each word. */
const longestName = 100;
/** Shorter names are read with their case. */
const shortestOrdinaryName = 5;

const letter = /\p{L}/u;
const ordinaryWord = /^(?:\p{Lu}?\p{Ll}+|[^\p{L}]+)$/u;

/**
 * The names that a text uses for entities of one type. Names of ordinary words, such as `Parkinson's disease`, are
 * found in any case; abbreviations, symbols and short names only as they are written. White space between words is
 * ignored.
 */
export class Names {
  readonly #text: WordsInText;
  readonly #asWritten: Node = { next: new Map() };
  readonly #inAnyCase: Node = { next: new Map() };

  constructor(text: WordsInText) {
    this.#text = text;
  }

  /** Adds a name, or returns it if it is there; undefined if the words are too short or too long for one. */
  add(range: WordRange): Name | undefined {
    const text = textOf(this.#text, range);
    if (text.length < shortestName || text.length > longestName || !letter.test(text)) return undefined;
    const words = Array.from({ length: range.end - range.first }, (_, index) =>
      this.#word(range.first + index),
    );
    const anyCase = text.length >= shortestOrdinaryName && words.every((word) => ordinaryWord.test(word));
    let node = anyCase ? this.#inAnyCase : this.#asWritten;
    for (const word of words) {
      const key = anyCase ? word.toLowerCase() : word;
      const next: Node = node.next.get(key) ?? { next: new Map() };
      node.next.set(key, next);
      node = next;
    }
    node.name ??= { score: 0, found: 0, missed: 0, defined: false };
    return node.name;
  }

  /**
   * The longest name that starts with the word `first`.
   * @param end one past the last word that it may have
   */
  longestFrom(first: number, end: number): Occurrence | undefined {
    let longest: Occurrence | undefined;
    let asWritten: Node | undefined = this.#asWritten;
    let inAnyCase: Node | undefined = this.#inAnyCase;
    for (let at = first; at < end && (asWritten || inAnyCase) && this.#mayBeNamed(at); at++) {
      const word = this.#word(at);
      asWritten = asWritten?.next.get(word);
      inAnyCase = inAnyCase?.next.get(word.toLowerCase());
      const name: Name | undefined = asWritten?.name ?? inAnyCase?.name;
      if (name) longest = { name, end: at + 1 };
    }
    return longest;
  }

  /** Whether a word is short enough for a name: looking up a longer one would take time for all of it. */
  #mayBeNamed(at: number): boolean {
    const { bounds } = this.#text;
    return (bounds[2 * at + 1] as number) - (bounds[2 * at] as number) <= longestName;
  }

  #word(at: number): string {
    return textOf(this.#text, { first: at, end: at + 1 });
  }
}
