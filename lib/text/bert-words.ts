import { type Steps, stride } from "../async/steps.js";
import type { Numbers } from "./number-list.js";
import type { TextBuilder } from "./text-builder.js";

/**
 * Id, in model files (`vaner.words`), of the segmentation of encoders with a WordPiece vocabulary. Every word of BERT's
 * tokenizer gets a label: it is labelled at its first token, sentence by sentence. Every sequence stands between the
 * first token ([CLS]) and the last one ([SEP]). If the caller gives words, each of them is labelled, at its first token.
 *
 * Words stand between white space. Signs of punctuation, other signs of ASCII, and ideographs are words of their own.
 */
export const bertWordsId = "bert-words-v1";

/** How a model's text is normalized before it becomes tokens, as in BERT's tokenizer. */
export interface BertNormalizer {
  readonly lowercase: boolean;
  /** Whether marks are left out, of composed characters too. */
  readonly stripAccents: boolean;
  /** Whether each ideograph is a word. */
  readonly splitCjk: boolean;
}

/** Words of a text, and as the model reads them. */
export interface BertWords {
  /** Start and end of each word in UTF-16 code units, ascending. */
  readonly bounds: Numbers;
  /** The normalized words, one after the other, and where each of them ends in that. */
  readonly normalized: TextBuilder;
  readonly ends: Numbers;
  /** Start and end of the character behind each code unit of the normalized words; undefined if nobody asks. */
  readonly places?: Numbers;
}

/** What a character becomes: a border between words, or parts of words, maybe none. */
type Reading = "border" | readonly Part[];

interface Part {
  readonly text: string;
  /** Whether it is a word of its own. */
  readonly alone: boolean;
}

const isControl = /^[\p{Cc}\p{Cf}\p{Co}\p{Cs}\0\ufffd]$/u;
const isSpace = /^[\t\n\r\p{White_Space}]$/u;
const isPunctuation = /^[!-/:-@[-`{-~\p{P}]$/u;
const marks = /\p{Mn}/gu;

/** Ranges of ideographs. Source: the tokenizers library, which has 2B920 where BERT's own code has 2B820. */
const ideographs: readonly (readonly [first: number, last: number])[] = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b920, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
];

/** Finds BERT's words, in O(n). Remembers what it made of each character. */
export class BertWordFinder {
  readonly #normalizer: BertNormalizer;
  readonly #readings = new Map<number, Reading>();

  constructor(normalizer: BertNormalizer) {
    this.#normalizer = normalizer;
  }

  /** Appends the words of a part of a text. */
  *find(text: string, start: number, end: number, words: BertWords): Steps<void> {
    const { bounds, normalized, ends, places } = words;
    /** End of the open word's last character, or -1. */
    let open = -1;
    const close = () => {
      if (open < 0) return;
      bounds.push(open);
      ends.push(normalized.length);
      open = -1;
    };
    for (let at = start, pause = start + stride; at < end; ) {
      if (at >= pause) {
        yield;
        pause = at + stride;
      }
      const point = text.codePointAt(at) as number;
      const next = at + (point > 0xffff ? 2 : 1);
      const reading = this.#readings.get(point) ?? this.#read(point);
      if (reading === "border") close();
      else
        for (const { text: part, alone } of reading) {
          if (alone) close();
          if (open < 0) bounds.push(at);
          open = next;
          normalized.push(part);
          if (alone) close();
          for (let unit = 0; places && unit < part.length; unit++) {
            places.push(at);
            places.push(next);
          }
        }
      at = next;
    }
    close();
  }

  #read(point: number): Reading {
    const reading = this.#newReading(point, String.fromCodePoint(point));
    this.#readings.set(point, reading);
    return reading;
  }

  #newReading(point: number, char: string): Reading {
    // In BERT's order: a line feed is both a control character and white space.
    if (!"\t\n\r".includes(char) && isControl.test(char)) return [];
    if (isSpace.test(char)) return "border";
    const { lowercase, stripAccents, splitCjk } = this.#normalizer;
    const bare = stripAccents ? char.normalize("NFD").replace(marks, "") : char;
    // One by one: the small form of a sigma does not depend on its place.
    const text = lowercase ? [...bare].map((one) => one.toLowerCase()).join("") : bare;
    const ideograph = splitCjk && ideographs.some(([first, last]) => first <= point && point <= last);
    return [...text].map((part) => ({ text: part, alone: ideograph || isPunctuation.test(part) }));
  }
}
