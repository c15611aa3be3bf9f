import { type Steps, stride } from "../async/steps.js";
import { isNameInCapitals, opensSentences, precedesNames, stopWeight } from "./abbreviations.js";
import { gap } from "./gaps.js";
import { endsHeading } from "./headings.js";
import type { Layout } from "./layout.js";

const terminators = ".?!…";
/** Full stops of scripts without spaces after them. */
const wideTerminators = "。！？｡";
const closers = ")]}\"'”’»";
const openers = "([{\"'“‘«¿¡";
/** Characters that never open a sentence, so that a stop before them does not end one. */
const continuations = ",;:)]}./=%&";

const upper = /^[\p{Lu}\p{Lt}]/u;
const lower = /^\p{Ll}/u;
const anyLower = /\p{Ll}/u;
const digit = /^\p{N}/u;
const letterOrDigit = /^[\p{L}\p{N}]/u;
const greek = /^\p{Script=Greek}/u;
const upperOrDigitInside = /^.[\p{L}\p{M}]*[\p{Lu}\p{N}]/u;
const oneLetter = /^\p{L}\p{M}*$/u;
const shortLetters = /^\p{L}{1,3}$/u;
const nameParticle = /^(?:von|van|de|di|du|la|le)$/;
const beforeRaised = /\p{Ll}{3}$|[)\]]$/u;
const raised = /^\p{N}{1,3}$/u;
/** Most code units that {@link beforeRaised} reads. */
const beforeRaisedLength = 6;

/** Words after which an open bracket is taken for a stray one. */
const longestAside = 60;

/**
 * Code units of a word that are read: longer words are judged by their start. V8's regular expressions keep an entry
 * for each character of a run, and fail on runs of millions.
 */
const longestRead = 64;

const counter = /^(?:\p{N}{1,3}|\p{L}|[ivxIVX]{1,4})$/u;

/**
 * Splits a text into sentences, in O(n), for biomedical English.
 *
 * A sentence ends at a stop that is not part of an abbreviation, initial, number or enumeration, if white space and
 * something that can open a sentence follow; where the layout cuts; and after a heading on a line of its own. Stops in
 * brackets do not end a sentence. Neither do other line breaks: text may be hard-wrapped.
 *
 * @param bounds the text's words, from `findWords`
 * @param layout of the text, from `findLayout`; gets a cut after each heading
 * @returns [n_sentences + 1] word indices: sentence s owns words result[s] .. result[s + 1) and is
 *   never empty, so every word belongs to exactly one sentence
 */
export function* findSentences(text: string, bounds: Uint32Array, layout?: Layout): Steps<number[]> {
  const count = bounds.length / 2;
  const starts = count === 0 ? [] : [0];
  const reader = new SentenceReader(text, bounds, layout);
  for (let word = 0; word + 1 < count; word++) {
    if (word % stride === stride - 1) yield;
    if (reader.endsAfter(word)) starts.push(word + 1);
  }
  starts.push(count);
  return starts;
}

/**
 * Reads words from first to last and says after each whether the sentence ends there. Indices of bounds are in range:
 * the loops over every word check none for undefined.
 */
class SentenceReader {
  readonly #text: string;
  readonly #bounds: Uint32Array;
  readonly #layout: Layout | undefined;
  /** First word of the current sentence. */
  #sentence = 0;
  /** First word of the current line. */
  #line = 0;
  /** The last stop, if only quotes, brackets or citations have followed it; else -1. */
  #stop = -1;
  /** Whether a raised citation may follow the last stop; undefined until a word asks. */
  #takesRaised: boolean | undefined;
  /** Whether this is inside a bracketed citation after a stop, as in `… disease.[12,13] The`. */
  #citation = false;
  /** Number of open round and square brackets in this sentence, and the word that opened the last one. */
  #depth = 0;
  #opened = 0;

  constructor(text: string, bounds: Uint32Array, layout: Layout | undefined) {
    this.#text = text;
    this.#bounds = bounds;
    this.#layout = layout;
  }

  endsAfter(word: number): boolean {
    this.#follow(word);
    const ends = this.#layout?.cuts[word] === 1 || this.#endsByStop(word) || this.#endsByHeading(word);
    if (this.#layout && (this.#layout.gaps[word] as number) >= gap.lineBreak) this.#line = word + 1;
    if (ends) {
      this.#sentence = word + 1;
      this.#stop = -1;
      this.#depth = 0;
    }
    return ends;
  }

  /** Updates the state of the last stop. */
  #follow(word: number): void {
    const char = this.#charOf(word);
    this.#followBrackets(char, word);
    const joined = this.#stop >= 0 && this.#joinsPrevious(word);
    if (char !== "" && (terminators.includes(char) || wideTerminators.includes(char))) {
      if (!joined) {
        this.#stop = word;
        this.#takesRaised = undefined;
      }
      this.#citation = false;
    } else if (!joined) {
      this.#stop = -1;
      this.#citation = false;
    } else if (this.#citation) {
      if (char === "]") this.#citation = false;
      else if (!(digit.test(this.#word(word)) || (char !== "" && ",-–".includes(char)))) this.#stop = -1;
    } else if (char === "[") {
      this.#citation = true;
    } else if (!(char !== "" && closers.includes(char)) && !this.#isRaisedCitation(word)) {
      this.#stop = -1;
    }
  }

  #followBrackets(char: string, word: number): void {
    if (char === "(" || char === "[") {
      this.#depth++;
      this.#opened = word;
    } else if ((char === ")" || char === "]") && this.#depth > 0) {
      this.#depth--;
    }
  }

  /** Whether a word is part of a citation number that lost its superscript: `… disease.12,13 The`. */
  #isRaisedCitation(word: number): boolean {
    const char = this.#charOf(word);
    if (!(raised.test(this.#word(word)) || (char !== "" && ",-–".includes(char)))) return false;
    this.#takesRaised ??= this.#mayTakeRaised();
    return this.#takesRaised;
  }

  #mayTakeRaised(): boolean {
    const before = this.#stop - 1;
    if (before < this.#sentence || !this.#joinsPrevious(this.#stop)) return false;
    const end = this.#bounds[2 * before + 1] as number;
    const start = Math.max(this.#bounds[2 * before] as number, end - beforeRaisedLength);
    return beforeRaised.test(this.#text.slice(start, end)) && stopWeight(this.#word(before)) === "plain";
  }

  #endsByStop(word: number): boolean {
    if (this.#stop < 0 || this.#citation) return false;
    if (this.#depth > 0 && word - this.#opened <= longestAside) return false;
    const mark = this.#charOf(this.#stop);
    if (wideTerminators.includes(mark))
      return this.#charOf(word + 1) === "" || !closers.includes(this.#charOf(word + 1));
    if (this.#joinsPrevious(word + 1)) return false;

    const abbreviation = this.#wordBefore(this.#stop);
    const isName = mark !== "." || (isNameInCapitals(abbreviation) && !this.#isAmongCapitals());
    const weight = isName ? "plain" : stopWeight(abbreviation);
    const initial = mark === "." && oneLetter.test(abbreviation) && this.#isInitial(abbreviation);
    if (weight === "never" || (mark === "." && this.#isCounter(abbreviation))) return false;

    const next = this.#nextContent(word + 1);
    if (next === undefined) return false;
    if (digit.test(next.word))
      return weight === "plain" || (weight === "rarely" && abbreviation.toLowerCase() === "etc");
    if (weight === "rarely" || initial)
      return !next.bracketed && upper.test(next.word) && opensSentences(next.word);
    if (lower.test(next.word)) return this.#opensInLowerCase(next.at);
    return letterOrDigit.test(next.word) || !continuations.includes(next.word);
  }

  /** Whether a name stays in lower case at the start of a sentence: p53, mRNA, c-Myc, α-synuclein, von Willebrand. */
  #opensInLowerCase(at: number): boolean {
    const word = this.#word(at);
    if (greek.test(word) || upperOrDigitInside.test(word)) return true;
    if (nameParticle.test(word)) return at + 1 < this.#bounds.length / 2 && upper.test(this.#word(at + 1));
    if (!oneLetter.test(word) || this.#charOf(at + 1) !== "-" || !this.#joinsPrevious(at + 1)) return false;
    const rest = at + 2 < this.#bounds.length / 2 && this.#joinsPrevious(at + 2) ? this.#word(at + 2) : "";
    return upper.test(rest) || digit.test(rest);
  }

  /** Whether a letter before a stop is an initial ("E. Coli", "J. Smith"), not the end of a name ("hepatitis B."). */
  #isInitial(letter: string): boolean {
    if (!upper.test(letter)) return false;
    const before = this.#stop - 2;
    if (before < this.#sentence) return true;
    const previous = this.#word(before);
    // "J.-P." is an initial; "HLA-A." is a name.
    if (previous === "-" && this.#joinsPrevious(before)) return this.#charOf(before - 1) === ".";
    return !lower.test(previous) || precedesNames(previous);
  }

  /** Whether the words around the one before the stop are not in lower case either, so that capitals tell nothing. */
  #isAmongCapitals(): boolean {
    const next = this.#nextContent(this.#stop + 1);
    const previous = this.#stop - 2 < this.#sentence ? "" : this.#word(this.#stop - 2);
    return next !== undefined && !anyLower.test(next.word) && !anyLower.test(previous);
  }

  /** Whether the stop belongs to the number of a section or item: `1. Methods`, `2.1. Cells`. */
  #isCounter(last: string): boolean {
    if (this.#stop - this.#sentence > 6 || !counter.test(last.slice(last.lastIndexOf(".") + 1))) return false;
    for (let word = this.#sentence; word < this.#stop - 1; word++) {
      if (this.#charOf(word) !== "." && !digit.test(this.#word(word))) return false;
    }
    return this.#stop > this.#sentence;
  }

  /** The start of the word before a stop, including stops between short groups of letters: `i.v`, `Ph.D`. */
  #wordBefore(stop: number): string {
    if (stop === 0 || !this.#joinsPrevious(stop)) return "";
    let first = stop - 1;
    if (!letterOrDigit.test(this.#word(first))) return "";
    for (let steps = 0; steps < 4 && first >= 2 && shortLetters.test(this.#word(first)); steps++) {
      const inner =
        this.#charOf(first - 1) === "." && this.#joinsPrevious(first) && this.#joinsPrevious(first - 1);
      if (!inner || !shortLetters.test(this.#word(first - 2))) break;
      first -= 2;
    }
    return this.#read(this.#bounds[2 * first] as number, this.#bounds[2 * stop - 1] as number);
  }

  /** The next word, after up to two opening brackets and quotes. */
  #nextContent(at: number): { word: string; at: number; bracketed: boolean } | undefined {
    const count = this.#bounds.length / 2;
    const first = at;
    for (; at < count && at < first + 3; at++) {
      const char = this.#charOf(at);
      if (char === "" || !openers.includes(char)) return { word: this.#word(at), at, bracketed: at > first };
    }
    return undefined;
  }

  #endsByHeading(word: number): boolean {
    if (this.#layout?.gaps[word] !== gap.lineBreak || this.#line !== this.#sentence) return false;
    const start = this.#bounds[2 * this.#line] as number;
    const ends = endsHeading(this.#text, start, this.#bounds[2 * word + 1] as number);
    if (ends) this.#layout.cuts[word] = 1;
    return ends;
  }

  #joinsPrevious(word: number): boolean {
    return word > 0 && this.#bounds[2 * word] === this.#bounds[2 * word - 1];
  }

  /** The start of a word: all of it, but for very long ones. */
  #word(word: number): string {
    return this.#read(this.#bounds[2 * word] as number, this.#bounds[2 * word + 1] as number);
  }

  #read(start: number, end: number): string {
    return this.#text.slice(start, Math.min(end, start + longestRead));
  }

  /** The word if it has one code unit, else the empty string. */
  #charOf(word: number): string {
    const start = this.#bounds[2 * word] as number;
    return this.#bounds[2 * word + 1] === start + 1 ? (this.#text[start] as string) : "";
  }
}
