import { mapped, numbersOf, type Steps, stride } from "../../async/steps.js";
import type { SourceText } from "../../text/input.js";
import { NumberList, type Numbers } from "../../text/number-list.js";
import { type SegmentedText, segmentInSteps } from "../../text/segment.js";

/** A text as the words of a model's tokenizer. */
export interface TextWords {
  /** The text with units in place of words. */
  readonly input: SegmentedText;
  readonly segmented: SegmentedText;
  /** [n_units + 1] unit u has the words firstWords[u] .. firstWords[u + 1) of all texts. */
  readonly firstWords: Uint32Array;
}

/**
 * Appends the bounds of the words in a part of a text.
 * @param behind whether a word and a space stand in front of the part
 */
export type FindWords = (
  text: string,
  start: number,
  end: number,
  bounds: Numbers,
  behind: boolean,
) => Steps<void>;

const isSpace = /\s/u;

/**
 * Finds the words of texts, sentence by sentence. A word that the caller gave is one unit, whatever words the tokenizer
 * finds in it.
 */
export function* findInTexts(
  texts: readonly SourceText[],
  lines: boolean | undefined,
  find: FindWords,
): Steps<TextWords[]> {
  const found: TextWords[] = [];
  let before = 0;
  for (const { text, given } of texts) {
    if (found.length > 0) yield;
    const segmented = yield* segmentInSteps(text, given, lines);
    const bounds = new NumberList();
    found.push(
      given
        ? yield* givenUnits(segmented, find, bounds, before)
        : yield* foundUnits(segmented, find, bounds, before),
    );
    before += bounds.length / 2;
  }
  return found;
}

/** Each word that the caller gave is a unit. */
function* givenUnits(
  segmented: SegmentedText,
  find: FindWords,
  words: NumberList,
  before: number,
): Steps<TextWords> {
  const { text, bounds } = segmented;
  const firstWords = new Uint32Array(bounds.length / 2 + 1).fill(before, 0, 1);
  for (let at = 0, pause = stride; at < bounds.length; at += 2) {
    const start = bounds[at] as number;
    if (start >= pause) {
      yield;
      pause = start + stride;
    }
    yield* find(text, start, bounds[at + 1] as number, words, true);
    firstWords[at / 2 + 1] = before + words.length / 2;
  }
  return { input: segmented, segmented, firstWords };
}

/** Each word is a unit. No word reaches across the end of a sentence, or a border of the layout. */
function* foundUnits(
  segmented: SegmentedText,
  find: FindWords,
  words: NumberList,
  before: number,
): Steps<TextWords> {
  const { text, bounds, cuts, markers } = segmented;
  const sentences = [0];
  const unitCuts: number[] = [];
  const unitMarkers: number[] = [];
  const count = () => words.length / 2;
  let pause = stride;
  for (const [index, end] of segmented.sentences.entries()) {
    const start = segmented.sentences[index - 1];
    if (start === undefined) continue;
    for (let from = start, to = start; from < end; from = to) {
      const marked = markers?.[from];
      do to++;
      while (to < end && cuts?.[to - 1] !== 1 && markers?.[to] === marked);
      const unit = count();
      const at = bounds[2 * from] as number;
      if (at >= pause) {
        yield;
        pause = at + stride;
      }
      const behind = from > start && isSpace.test(text.charAt(at - 1));
      yield* find(text, at, bounds[2 * to - 1] as number, words, behind);
      if (marked === 1) for (let u = unit; u < count(); u++) unitMarkers.push(u);
      if (cuts?.[to - 1] === 1 && count() > unit) unitCuts.push(count() - 1);
    }
    if (count() > (sentences.at(-1) ?? 0)) sentences.push(count());
  }
  const unitBounds = yield* words.toArray();
  const input: SegmentedText = {
    text,
    bounds: unitBounds,
    read: { text, bounds: unitBounds },
    sentences,
    ...(cuts && { cuts: flags(count(), unitCuts) }),
    ...(markers && { markers: flags(count(), unitMarkers) }),
  };
  const firstWords = yield* numbersOf(count() + 1, (unit) => before + unit);
  return { input, segmented, firstWords };
}

/**
 * Joins words to those in front whose last token they begin in: a token of signs and letters, such as `(a`, has one label.
 * @param inside [n_words] 1 for such words, of all texts
 */
export function* joinWords(texts: readonly TextWords[], inside: Uint8Array): Steps<readonly TextWords[]> {
  if (!inside.includes(1)) return texts;
  const joined: TextWords[] = [];
  for (const text of texts) joined.push(yield* joinInText(text, inside));
  return joined;
}

function* joinInText(words: TextWords, inside: Uint8Array): Steps<TextWords> {
  const { input, segmented, firstWords } = words;
  const { text, bounds, sentences, cuts, markers } = input;
  const count = firstWords.length - 1;
  /** Units that are left, and how many of them there are in front of each unit. */
  const left: number[] = [];
  const before: number[] = [];
  for (let unit = 0; unit < count; unit++) {
    if (unit % stride === stride - 1) yield;
    before.push(left.length);
    if (inside[firstWords[unit] as number] !== 1) left.push(unit);
  }
  if (left.length === count) return words;
  before.push(left.length);
  left.push(count);
  const unitAt = (index: number) => left[index] as number;
  const last = (index: number) => unitAt(index + 1) - 1;
  const own = yield* numbersOf(2 * (left.length - 1), (index) => {
    const bound = index % 2 === 0 ? 2 * unitAt(index >> 1) : 2 * last(index >> 1) + 1;
    return bounds[bound] as number;
  });
  return {
    segmented,
    firstWords: yield* numbersOf(left.length, (index) => firstWords[unitAt(index)] as number),
    input: {
      text,
      bounds: own,
      read: { text, bounds: own },
      sentences: yield* mapped(sentences, (unit) => before[unit] as number),
      ...(cuts && { cuts: yield* flagsAt(cuts, left.length - 1, last) }),
      ...(markers && { markers: yield* flagsAt(markers, left.length - 1, unitAt) }),
    },
  };
}

function flags(count: number, set: readonly number[]): Uint8Array {
  const result = new Uint8Array(count);
  for (const at of set) result[at] = 1;
  return result;
}

function* flagsAt(flags: Uint8Array, count: number, placeOf: (index: number) => number): Steps<Uint8Array> {
  const result = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    if (index % stride === stride - 1) yield;
    result[index] = flags[placeOf(index)] as number;
  }
  return result;
}
