import { type Steps, stride } from "../../async/steps.js";
import type { SourceText } from "../../text/input.js";
import { type SegmentedText, segmentInSteps } from "../../text/segment.js";

/** A text as the words of a model's tokenizer. */
export interface TextWords {
  /** The text with units in place of words. */
  readonly input: SegmentedText;
  readonly segmented: SegmentedText;
  /** [n_units + 1] unit u has the words firstWords[u] .. firstWords[u + 1) of all texts. */
  readonly firstWords: readonly number[];
}

/**
 * Appends the bounds of the words in a part of a text.
 * @param behind whether a word and a space stand in front of the part
 */
export type FindWords = (
  text: string,
  start: number,
  end: number,
  bounds: number[],
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
    const segmented = yield* segmentInSteps(text, given, lines);
    const bounds: number[] = [];
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
  words: number[],
  before: number,
): Steps<TextWords> {
  const { text, bounds } = segmented;
  const firstWords = [before];
  for (let at = 0; at < bounds.length; at += 2) {
    yield* find(text, bounds[at] as number, bounds[at + 1] as number, words, true);
    firstWords.push(before + words.length / 2);
  }
  return { input: segmented, segmented, firstWords };
}

/** Each word is a unit. No word reaches across the end of a sentence, or a border of the layout. */
function* foundUnits(
  segmented: SegmentedText,
  find: FindWords,
  words: number[],
  before: number,
): Steps<TextWords> {
  const { text, bounds, cuts, markers } = segmented;
  const sentences = [0];
  const unitCuts: number[] = [];
  const unitMarkers: number[] = [];
  const count = () => words.length / 2;
  for (const [index, end] of segmented.sentences.entries()) {
    const start = segmented.sentences[index - 1];
    if (start === undefined) continue;
    for (let from = start, to = start; from < end; from = to) {
      const marked = markers?.[from];
      do to++;
      while (to < end && cuts?.[to - 1] !== 1 && markers?.[to] === marked);
      const unit = count();
      const at = bounds[2 * from] as number;
      const behind = from > start && isSpace.test(text.charAt(at - 1));
      yield* find(text, at, bounds[2 * to - 1] as number, words, behind);
      if (marked === 1) for (let u = unit; u < count(); u++) unitMarkers.push(u);
      if (cuts?.[to - 1] === 1 && count() > unit) unitCuts.push(count() - 1);
    }
    if (count() > (sentences.at(-1) ?? 0)) sentences.push(count());
  }
  const unitBounds = Uint32Array.from(words);
  const input: SegmentedText = {
    text,
    bounds: unitBounds,
    read: { text, bounds: unitBounds },
    sentences,
    ...(cuts && { cuts: flags(count(), unitCuts) }),
    ...(markers && { markers: flags(count(), unitMarkers) }),
  };
  const firstWords = Array.from({ length: count() + 1 }, (_, unit) => before + unit);
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
  const own = Uint32Array.from({ length: 2 * left.length }, (_, index) => {
    const next = left[(index >> 1) + 1] ?? count;
    return bounds[index % 2 === 0 ? 2 * (left[index >> 1] as number) : 2 * next - 1] as number;
  });
  return {
    segmented,
    firstWords: [...left, count].map((unit) => firstWords[unit] as number),
    input: {
      text,
      bounds: own,
      read: { text, bounds: own },
      sentences: sentences.map((unit) => before[unit] as number),
      ...(cuts && {
        cuts: Uint8Array.from(left, (_, index) => cuts[(left[index + 1] ?? count) - 1] as number),
      }),
      ...(markers && { markers: Uint8Array.from(left, (unit) => markers[unit] as number) }),
    },
  };
}

function flags(count: number, set: readonly number[]): Uint8Array {
  const result = new Uint8Array(count);
  for (const at of set) result[at] = 1;
  return result;
}
