import { type Steps, stride } from "../async/steps.js";
import { type SegmentedText, textOf, type WordRange, type WordsInText } from "./segment.js";

/** An abbreviation where a text introduces it: `heat shock protein (HSP)`. */
export interface Definition {
  readonly short: WordRange;
  readonly long: WordRange;
}

/** Longest bracket that is read, in words. Nested brackets would take quadratic time. */
const longestBracket = 64;
/** Longest long form, in UTF-16 code units. Text without spaces would take quadratic time. */
const longestLong = 1000;
const longestShort = 10;

const letter = /\p{L}/u;
const capital = /\p{Lu}/u;
const letterOrDigit = /[\p{L}\p{N}]/u;

/**
 * Finds the abbreviations that a text defines in brackets, in O(n). Source: A. S. Schwartz and M. A. Hearst, "A simple
 * algorithm for identifying abbreviation definitions in biomedical text", PSB 2003, with the limits of their code.
 *
 * The short form stands in the brackets, or in front of them if what they hold is too long to be one. Its letters and
 * digits occur in the long form in the same order, the first at the start of a word. Case and other signs are ignored.
 * The shortest such long form counts. Both forms are in one sentence.
 */
export function* findDefinitions({ read, sentences }: SegmentedText): Steps<Definition[]> {
  const found: Definition[] = [];
  for (const [sentence, first] of sentences.entries()) {
    const end = sentences[sentence + 1] ?? first;
    const opened: number[] = [];
    for (let word = first; word < end; word++) {
      if (word % stride === stride - 1) yield;
      const open = closedBy(read, word, opened);
      // A bracket inside a word is part of a name: Ca(OH)2.
      if (open === undefined || open === first || !followsSpace(read, open)) continue;
      const definition = definitionAt(read, first, open, word);
      if (definition) found.push(definition);
    }
  }
  return found;
}

/**
 * The opening bracket that a word closes, unless it is too far away.
 * @param opened round brackets of the sentence that are open; updated
 */
function closedBy(text: WordsInText, word: number, opened: number[]): number | undefined {
  const sign = wordAt(text, word);
  if (sign === "(") opened.push(word);
  const open = sign === ")" ? opened.pop() : undefined;
  return open !== undefined && word - open <= longestBracket ? open : undefined;
}

/** @param first the sentence's first word */
function definitionAt(text: WordsInText, first: number, open: number, close: number): Definition | undefined {
  const inside = { first: open + 1, end: endOfPart(text, open + 1, close) };
  if (inside.first === inside.end) return undefined;
  if (isShortForm(text, inside)) {
    const long = longForm(text, inside, { first, end: open });
    return long && { short: inside, long };
  }
  let start = open - 1;
  while (start > first && !followsSpace(text, start) && lengthOf(text, start, open) <= longestShort) start--;
  const before = { first: start, end: open };
  if (!isShortForm(text, before) || !capital.test(textOf(text, before))) return undefined;
  const long = longForm(text, before, inside);
  return long && { short: before, long };
}

/** End of the part in front of a comma or semicolon with white space: `HSP; see below`. */
function endOfPart(text: WordsInText, first: number, end: number): number {
  for (let word = first; word + 1 < end; word++) {
    if (/^[,;]$/.test(wordAt(text, word)) && followsSpace(text, word + 1)) return word;
  }
  return end;
}

/** One or two words of 2 to 10 characters together, with a letter, that start with a letter or digit. */
function isShortForm(text: WordsInText, range: WordRange): boolean {
  const short = textOf(text, range);
  if (short.length < 2 || short.length > longestShort) return false;
  return letter.test(short) && letterOrDigit.test(short.charAt(0)) && short.split(/\s+/).length <= 2;
}

/**
 * The shortest long form that ends where a range ends. It has at most twice as many words as the short form has letters
 * and digits, and at most five more.
 */
function longForm(
  text: WordsInText,
  shortRange: WordRange,
  { first, end }: WordRange,
): WordRange | undefined {
  const short = textOf(text, shortRange);
  const wanted = [...short.toLowerCase()].filter((char) => letterOrDigit.test(char));
  const mostWords = Math.min(2 * wanted.length, wanted.length + 5);
  let missing = wanted.length;
  let words = 0;
  for (let word = end - 1; word >= first && words <= mostWords; word--) {
    if (lengthOf(text, word, end) > longestLong) return undefined;
    missing = stillMissing(wordAt(text, word).toLowerCase(), wanted, missing);
    const startsHere = word === first || followsSpace(text, word);
    if (startsHere || wordAt(text, word - 1) === "-") words++;
    if (missing > 0 || !startsHere || words > mostWords) continue;
    const long = { first: word, end };
    return isLonger(textOf(text, long), short) ? long : undefined;
  }
  return undefined;
}

/**
 * Matches the characters of a short form with a word, both from the back.
 * @param wanted  letters and digits of the short form
 * @param missing how many of them are not matched yet
 * @returns how many are not matched then
 */
function stillMissing(word: string, wanted: readonly string[], missing: number): number {
  let left = missing;
  for (let at = word.length - 1; at >= 0 && left > 0; at--) {
    if (word.charAt(at) !== wanted[left - 1]) continue;
    if (left > 1 || at === 0 || !letterOrDigit.test(word.charAt(at - 1))) left--;
  }
  return left;
}

/** Whether a long form says more than its short form: it does not hold it as a word. */
function isLonger(long: string, short: string): boolean {
  return long.length >= short.length && !`${long} `.includes(`${short} `);
}

/** UTF-16 code units of the words `first` up to `end`. */
function lengthOf({ bounds }: WordsInText, first: number, end: number): number {
  return (bounds[2 * end - 1] ?? 0) - (bounds[2 * first] ?? 0);
}

/** Whether a word is the first, or has white space in front. */
function followsSpace({ bounds }: WordsInText, word: number): boolean {
  return word === 0 || (bounds[2 * word - 1] ?? 0) < (bounds[2 * word] ?? 0);
}

function wordAt(text: WordsInText, word: number): string {
  return textOf(text, { first: word, end: word + 1 });
}
