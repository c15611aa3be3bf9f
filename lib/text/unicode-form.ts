import { type Steps, stride } from "../async/steps.js";
import { NumberList } from "./number-list.js";
import { TextBuilder } from "./text-builder.js";

/** A form of Unicode in which a model reads text; empty: text stays as it is. */
export type UnicodeForm = "" | "NFC" | "NFKC";

/** A text in another form than the original. */
export interface ComposedText {
  readonly text: string;
  /** Start and end, in the original, of the characters behind each code unit of it. */
  readonly places: Uint32Array;
}

// Classes of characters.
const plain = 1;
/** Combines with what stands in front. */
const joins = 2;
/** Has another spelling, which does not combine with what stands in front. */
const changes = 3;

/** Marks, vowels and final consonants of Hangul, and vowels of Kirat Rai. */
const joining = /^[\p{M}\u1160-\u11ff\ud7b0-\ud7fb\u{16d63}-\u{16d6a}]/u;

/** Longest sequence, in code units, that is given to `normalize`, which takes quadratic time where marks are sorted. */
const shortSequence = 32;

/** A decomposed or composed character. */
interface Piece {
  readonly char: string;
  /** 1 if it stands for no character of its own, 0 for one, -1 for two, and so on. */
  readonly change: number;
  /** Position of its class among {@link MarkOrder.classes}, or -1 for a character that starts a sequence. */
  readonly rank: number;
}

/**
 * Brings texts into a form of Unicode, in O(n log n) at worst, and says where each character comes from, as Hugging
 * Face's tokenizers do. Characters that are composed have the place of all of them.
 */
export class UnicodeComposer {
  readonly #form: "NFC" | "NFKC";
  readonly #apart: ReadonlySet<string>;
  /** Lengths of these texts. */
  readonly #lengths: readonly number[];
  /** Class of each code unit except surrogates, filled on demand; 0 = unknown. */
  readonly #classes = new Uint8Array(0x10000);
  readonly #order = new MarkOrder();

  /** @param apart texts that do not combine with marks behind them: added tokens, which are matched before */
  constructor(form: "NFC" | "NFKC", apart: readonly string[] = []) {
    this.#form = form;
    this.#apart = new Set(apart.filter((text) => text !== ""));
    this.#lengths = [...new Set([...this.#apart].map(({ length }) => length))];
  }

  /** @returns undefined for a text that is in the form already */
  *compose(text: string): Steps<ComposedText | undefined> {
    const made = new TextBuilder();
    const places = new NumberList();
    let copied = 0;
    function* copy(end: number): Steps<void> {
      made.push(text.slice(copied, end));
      for (let unit = copied; unit < end; unit++) {
        if (unit % stride === stride - 1) yield;
        places.push(unit);
        places.push(unit + 1);
      }
    }
    let pause = stride;
    for (let at = 0, before = 0; at < text.length; ) {
      if (at >= pause) {
        yield;
        pause = at + stride;
      }
      const kind = this.#kindAt(text, at);
      let end = at + widthAt(text, at);
      if (kind === plain) {
        before = at;
        at = end;
        continue;
      }
      const start = kind === joins && !this.#isBehindApart(text, at) ? before : at;
      for (; end < text.length && this.#kindAt(text, end) === joins; end += widthAt(text, end)) {
        if (end < pause) continue;
        yield;
        pause = end + stride;
      }
      const sequence = text.slice(start, end);
      if (sequence.length > shortSequence || sequence.normalize(this.#form) !== sequence) {
        const composed = yield* this.#composeSequence(sequence, start);
        if (composed.text !== sequence) {
          yield* copy(start);
          made.push(composed.text);
          for (const [index, place] of composed.places.entries()) {
            if (index % stride === stride - 1) yield;
            places.push(place);
          }
          copied = end;
        }
      }
      before = at = end;
    }
    if (copied === 0) return undefined;
    yield* copy(text.length);
    return { text: made.text, places: yield* places.toArray() };
  }

  #isBehindApart(text: string, at: number): boolean {
    return this.#lengths.some((length) => length <= at && this.#apart.has(text.slice(at - length, at)));
  }

  *#composeSequence(sequence: string, start: number): Steps<ComposedText> {
    const decomposed = yield* this.#decompose(sequence);
    const composed = yield* recompose(decomposed);
    const bounds = [start];
    for (const char of sequence) bounds.push((bounds.at(-1) as number) + char.length);
    const places = new NumberList();
    const made = new TextBuilder();
    let read = 0;
    for (const [index, { char, change }] of composed.entries()) {
      if (index % stride === stride - 1) yield;
      // A character without an own one shares that of the one before it.
      const from = change > 0 ? Math.max(0, read - 1) : read;
      if (change <= 0) read += 1 - change;
      made.push(char);
      for (let unit = 0; unit < char.length; unit++) {
        places.push(bounds[from] as number);
        places.push(bounds[Math.max(read, from + 1)] as number);
      }
    }
    return { text: made.text, places: yield* places.toArray() };
  }

  *#decompose(sequence: string): Steps<Piece[]> {
    const form = this.#form === "NFC" ? "NFD" : "NFKD";
    const pieces: Piece[] = [];
    let marks: Piece[] = [];
    let count = 0;
    for (const whole of sequence) {
      let change = 0;
      if (++count % stride === 0) yield;
      for (const char of whole.normalize(form)) {
        const rank = this.#order.rankOf(char);
        if (rank < 0) {
          yield* this.#order.sort(marks, pieces);
          marks = [];
          pieces.push({ char, change, rank });
        } else marks.push({ char, change, rank });
        change = 1;
      }
    }
    yield* this.#order.sort(marks, pieces);
    return pieces;
  }

  #kindAt(text: string, at: number): number {
    const unit = text.charCodeAt(at);
    // All in both forms, except a few of Latin-1 in NFKC.
    if (unit < 0x80) return plain;
    return this.#classes[unit] || this.#classify(text, at);
  }

  #classify(text: string, at: number): number {
    const point = text.codePointAt(at) as number;
    const char = String.fromCodePoint(point);
    const spelled = char.normalize(this.#form);
    const kind = joining.test(spelled) ? joins : spelled === char ? plain : changes;
    // The class of a surrogate depends on the one beside it.
    if (point <= 0xffff && (point & 0xf800) !== 0xd800) this.#classes[point] = kind;
    return kind;
  }
}

/**
 * The canonical combining classes of marks, in their order. JavaScript does not tell the classes, but sorts two marks
 * by them.
 */
class MarkOrder {
  /** A mark of each class that was seen, ascending. */
  readonly #classes: string[] = ["\u0334", "\u0345"];
  /** The mark of the same class, or undefined for a character that is no mark. */
  readonly #twins = new Map<string, string | undefined>();

  /** -1 for a character that starts a sequence. The ranks of the others change when a new class is seen. */
  rankOf(char: string): number {
    if (!this.#twins.has(char)) this.#twins.set(char, this.#twinOf(char));
    const twin = this.#twins.get(char);
    return twin === undefined ? -1 : this.#classes.indexOf(twin);
  }

  /** Appends marks, sorted by class, stably, in O(n). */
  *sort(marks: readonly Piece[], sorted: Piece[]): Steps<void> {
    const byClass: Piece[][] = [];
    for (const [index, { char, change }] of marks.entries()) {
      if (index % stride === stride - 1) yield;
      const rank = this.rankOf(char);
      byClass[rank] ??= [];
      byClass[rank].push({ char, change, rank });
    }
    for (const own of byClass) {
      if (own?.length >= stride) yield;
      for (const mark of own ?? []) sorted.push(mark);
    }
  }

  #twinOf(char: string): string | undefined {
    const first = this.#classes[0] as string;
    const last = this.#classes.at(-1) as string;
    if (compare(char, first) === 0 && compare(char, last) === 0) return undefined;
    let [low, high] = [0, this.#classes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const twin = this.#classes[middle] as string;
      const order = compare(char, twin);
      if (order === 0) return twin;
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    this.#classes.splice(low, 0, char);
    return char;
  }
}

/** The order of two decomposed characters by their classes; 0 if one is no mark. */
function compare(a: string, b: string): number {
  if ((a + b).normalize("NFD") !== a + b) return 1;
  return (b + a).normalize("NFD") !== b + a ? -1 : 0;
}

/** Unicode's canonical composition. Source: `Recompositions` of the crate unicode-normalization-alignments. */
function* recompose(pieces: readonly Piece[]): Steps<Piece[]> {
  const composed: Piece[] = [];
  let open: Piece | undefined;
  /** Marks behind `open` that it is not composed with. */
  let marks: Piece[] = [];
  for (const [index, piece] of pieces.entries()) {
    if (index % stride === stride - 1) yield;
    const blocked = (marks.at(-1)?.rank ?? -2) >= piece.rank;
    const whole = open && !blocked ? compositionOf(open.char, piece.char) : undefined;
    if (open && whole !== undefined) {
      open = { char: whole, change: open.change + piece.change - 1, rank: -1 };
    } else if (piece.rank < 0) {
      if (open) composed.push(open);
      for (const mark of marks) composed.push(mark);
      [open, marks] = [piece, []];
    } else if (open) marks.push(piece);
    else composed.push(piece);
  }
  if (open) composed.push(open);
  for (const mark of marks) composed.push(mark);
  return composed;
}

function compositionOf(open: string, next: string): string | undefined {
  const whole = (open + next).normalize("NFC");
  return whole.length === widthAt(whole, 0) ? whole : undefined;
}

/** 2 for a surrogate pair, else 1; a lone surrogate is a character of its own. */
function widthAt(text: string, at: number): 1 | 2 {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
