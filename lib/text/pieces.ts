import { type Steps, stride } from "../async/steps.js";
import { Charsmap } from "./charsmap.js";
import { NumberList } from "./number-list.js";
import { TextBuilder } from "./text-builder.js";
import { type ComposedText, UnicodeComposer, type UnicodeForm } from "./unicode-form.js";

/** How text is normalized and cut before a unigram vocabulary spells it. */
export interface PieceRules {
  readonly unicode: UnicodeForm;
  /** Sentencepiece's map of characters; empty: none. */
  readonly charsmap: Uint8Array;
  /**
   * How spaces are read: `trim-end` takes those at the end away, `join` makes one of several. Then `split` takes them for
   * borders of words, which get a mark if they have none, or `mark` makes marks of them.
   */
  readonly spaces: readonly string[];
}

/** Normalized pieces of texts, each with a mark in front. */
export class Pieces {
  /** The pieces, one after the other. */
  readonly text = new TextBuilder();
  /** [2 * n_pieces] start and end of each piece in it. */
  readonly bounds = new NumberList();
  /** Start and end, in the original, of the character behind each code unit of it. */
  readonly places = new NumberList();
}

interface Normalizer {
  compose(text: string): Steps<ComposedText | undefined>;
}

/** Sentencepiece's mark of a space. */
const mark = "▁";

const isSpace = /^\p{White_Space}$/u;

/** Cuts texts into the pieces that a unigram vocabulary spells, one by one, in O(n). */
export class PieceFinder {
  readonly #splits: boolean;
  readonly #joins: boolean;
  readonly #trims: boolean;
  readonly #normalizer: Normalizer | undefined;

  constructor({ unicode, charsmap, spaces }: PieceRules) {
    this.#splits = spaces.includes("split");
    this.#joins = spaces.includes("join");
    this.#trims = spaces.includes("trim-end");
    if (charsmap.length > 0) this.#normalizer = new Charsmap(charsmap);
    else if (unicode !== "") this.#normalizer = new UnicodeComposer(unicode);
  }

  /** Appends the pieces of a part of a text. */
  *find(text: string, start: number, end: number, pieces: Pieces): Steps<void> {
    const part = text.slice(start, end);
    const normalized = this.#normalizer && (yield* this.#normalizer.compose(part));
    const read = normalized?.text ?? part;
    const length = this.#trims ? read.trimEnd().length : read.length;
    const { text: made, bounds, places } = pieces;
    /** Appends a character that has the place of those from one code unit up to another. */
    const append = (char: string, from: number, to: number) => {
      const first = normalized ? (normalized.places[2 * from] as number) : from;
      const last = normalized ? (normalized.places[2 * to - 1] as number) : to;
      for (let unit = 0; unit < char.length; unit++) {
        places.push(start + first);
        places.push(start + last);
      }
      made.push(char);
    };
    let open = false;
    const close = () => {
      if (open) bounds.push(made.length);
      open = false;
    };
    const begin = (from: number, to: number) => {
      close();
      bounds.push(made.length);
      append(mark, from, to);
      open = true;
    };
    for (let unit = 0, next = 0, pause = stride; unit < length; unit = next) {
      if (unit >= pause) {
        yield;
        pause = unit + stride;
      }
      const char = String.fromCodePoint(read.codePointAt(unit) as number);
      next = unit + char.length;
      if (char === mark) begin(unit, next);
      else if (this.#splits && isSpace.test(char)) close();
      else if (!this.#splits && char === " ") {
        // The mark of several spaces is at the place of the last one.
        if (!this.#joins || next === length || read[next] !== " ") begin(unit, next);
      } else {
        if (!open) begin(unit, next);
        append(char, unit, next);
      }
    }
    close();
  }
}
