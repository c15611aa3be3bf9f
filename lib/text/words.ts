import { Slab } from "../slab.js";

/**
 * Words: runs of letters, marks and digits, or one other code point that is not white space:
 * `[\p{L}\p{M}\p{N}]+|\S`, code point by code point. The segmentation `letters-digits-v1`.
 *
 * Scanned by hand: V8's regular expressions keep a backtracking entry for every character of a run
 * and fail on runs of some million letters beyond Latin-1.
 */

/**
 * Id of this segmentation in a model file (`vaner.words`), which says what gets a tag: every word,
 * tokenized by itself behind a space and tagged at its first token, sentence by sentence. The start
 * token, if the vocabulary wants one, and the instruction as plain text stand in front. VANER's input.
 */
export const wordSegmentationId = "letters-digits-v1";

/**
 * Id of the other one: every token of the text gets a tag, which is tokenized as a whole and read in
 * windows of tokens, whatever its sentences. The instruction stands in front as it is spelled, control
 * tokens parsed, and no start token is added. VANER2's input; for byte-level BPE vocabularies.
 */
export const tokenSegmentationId = "tokens-v1";

const space = 1;
const letter = 2;
const other = 3;

/** Longest text whose words are found into an array that has room for the most that it can have. */
const shortText = 4096;
const slab = new Slab((length) => new Uint32Array(length));

const isSpace = /^\s$/u;
const isLetter = /^[\p{L}\p{M}\p{N}]$/u;

/** Class of each code unit that is no surrogate, filled as text is met; 0 = not met. */
const classes = new Uint8Array(0x10000);

/**
 * Finds the words of a text, in O(n).
 * @returns [2 * n_words] start and end of each word in UTF-16 code units, ascending; an end is exclusive
 */
export function findWords(text: string): Uint32Array {
  const short = text.length <= shortText;
  // A third of the text's length is more than prose needs; dense symbols make it grow.
  let bounds = short ? slab.take(2 * text.length) : new Uint32Array(64 + Math.ceil(text.length / 3));
  let count = 0;
  for (let at = 0; at < text.length; ) {
    const start = at;
    const kind = classOf(text, at);
    at += widthAt(text, at);
    if (kind === space) continue;
    if (kind === letter) while (at < text.length && classOf(text, at) === letter) at += widthAt(text, at);
    if (count + 2 > bounds.length) bounds = grown(bounds);
    bounds[count++] = start;
    bounds[count++] = at;
  }
  return short ? slab.shorten(bounds, count) : bounds.slice(0, count);
}

/** 2 for a surrogate pair, else 1: a lone surrogate is a code point of its own. */
function widthAt(text: string, at: number): 1 | 2 {
  return isSurrogate(text.charCodeAt(at)) && (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

function classOf(text: string, at: number): number {
  return classes[text.charCodeAt(at)] || classify(text, at);
}

function classify(text: string, at: number): number {
  const point = text.codePointAt(at) as number;
  const char = String.fromCodePoint(point);
  const found = isLetter.test(char) ? letter : isSpace.test(char) ? space : other;
  // A surrogate's class depends on the one beside it.
  if (point <= 0xffff && !isSurrogate(point)) classes[point] = found;
  return found;
}

function grown(bounds: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * bounds.length);
  larger.set(bounds);
  return larger;
}
