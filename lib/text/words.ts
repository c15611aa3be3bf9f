import { type Steps, stride } from "../async/steps.js";
import { Slab } from "../slab.js";

/**
 * Id, in model files (`vaner.words`), of the segmentation of VANER's models. Every word gets a label: it is tokenized
 * by itself behind a space, and labelled at its first token, sentence by sentence. In front stand the start token, if
 * the vocabulary has one, and the instruction as plain text.
 *
 * A word is a run of letters, marks and digits, or one other code point that is not white space, by code point. A
 * raised digit behind a letter starts a word of its own, because it is a note or a power (`asthma¹`, `cm²`):
 * `\p{N}*[\p{L}\p{M}](?:(?![⁰¹²³⁴-⁹])[\p{L}\p{M}\p{N}])*|\p{N}+|\S`. Signs that a reader does not see are taken out
 * before, by `segment`.
 */
export const wordSegmentationId = "letters-digits-v1";

/**
 * Id of the segmentation of VANER2's models. Every token gets a label: the text is tokenized as a whole and read in
 * windows of tokens, across sentences. In front stands the instruction, with control tokens parsed and no start token
 * added. For byte-level BPE vocabularies.
 */
export const tokenSegmentationId = "tokens-v1";

// In this order: what is above `other` forms runs.
const space = 1;
const other = 2;
const digit = 3;
const raisedDigit = 4;
const letter = 5;

/** Longest text, in UTF-16 code units, whose bounds are allocated for the most words it can have. */
const shortText = 4096;
const slab = new Slab((length) => new Uint32Array(length));

const isSpace = /^\s$/u;
const isLetter = /^[\p{L}\p{M}]$/u;
const isRaisedDigit = /^[⁰¹²³⁴-⁹]$/u;
const isDigit = /^\p{N}$/u;

/** Class of each code unit except surrogates, filled on demand; 0 = unknown. */
const classes = new Uint8Array(0x10000);

/**
 * Finds the words of a text, in O(n). Scanned by hand: V8's regular expressions keep a backtracking entry for every
 * character of a run, and fail on runs of millions of letters beyond Latin-1.
 * @returns [2 * n_words] start and end of each word in UTF-16 code units, ascending; an end is exclusive
 */
export function* findWords(text: string): Steps<Uint32Array> {
  const short = text.length <= shortText;
  // Room for one word in six code units, more than prose has; grows for dense symbols.
  let bounds = short ? slab.take(2 * text.length) : new Uint32Array(64 + Math.ceil(text.length / 3));
  let count = 0;
  /** Class of the open run of letters, marks and digits: `letter` if it has one. 0 if none is open. */
  let run = 0;
  let pause = stride;
  for (let at = 0; at < text.length; at += widthAt(text, at)) {
    if (at >= pause) {
      yield;
      pause = at + stride;
    }
    const kind = classOf(text, at);
    if (run > 0) {
      if (kind > other && !(kind === raisedDigit && run === letter)) {
        if (kind === letter) run = letter;
        continue;
      }
      bounds[count++] = at;
      run = 0;
    }
    if (kind === space) continue;
    if (count + 2 > bounds.length) bounds = grown(bounds);
    bounds[count++] = at;
    if (kind > other) run = kind;
    else bounds[count++] = at + widthAt(text, at);
  }
  if (run > 0) bounds[count++] = text.length;
  return short ? slab.shorten(bounds, count) : bounds.slice(0, count);
}

/** 2 for a surrogate pair, else 1; a lone surrogate is a code point of its own. */
function widthAt(text: string, at: number): 1 | 2 {
  return isSurrogate(text.charCodeAt(at)) && (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

function classOf(text: string, at: number): number {
  return classes[text.charCodeAt(at)] || classify(text, at);
}

function classify(text: string, at: number): number {
  const point = text.codePointAt(at) ?? 0;
  const char = String.fromCodePoint(point);
  const found = kindOf(char);
  // A surrogate's class depends on the one beside it.
  if (point <= 0xffff && !isSurrogate(point)) classes[point] = found;
  return found;
}

function kindOf(char: string): number {
  if (isLetter.test(char)) return letter;
  if (isRaisedDigit.test(char)) return raisedDigit;
  if (isDigit.test(char)) return digit;
  return isSpace.test(char) ? space : other;
}

function grown(bounds: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * bounds.length);
  larger.set(bounds);
  return larger;
}
