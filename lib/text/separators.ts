import { type Steps, stride } from "../async/steps.js";
import type { SegmentedText } from "./segment.js";

const separator = ";";

/** What a line ends with if nothing tells a reader that it ends but the line break. */
const open = /[\p{L}\p{N}\p{M}+%)\]}]$/u;
/** Longest line, in UTF-16 code units, that gets one: behind sentences on lines of their own it costs half a point of F1. */
const longestLine = 64;
/** Code units of a word that are read: a character with its mark. */
const longestEnd = 4;

/**
 * A text as a model reads it that was trained on running text: a semicolon, in no place of the text, stands where the
 * layout ends a short line or cell without a sign, and list markers are left out. A list of names one a line is read as one
 * with separators. Sentences keep their numbers; one may become empty. Takes O(n).
 */
export function* withSeparators(input: SegmentedText): Steps<SegmentedText> {
  const { cuts, markers, bounds, read } = input;
  if (!cuts) return input;
  const places: number[] = [];
  const readPlaces: number[] = [];
  const text: string[] = [];
  const sentences: number[] = [];
  let copied = 0;
  let length = 0;
  let sentence = 0;
  for (let word = 0; word <= cuts.length; word++) {
    if (word % stride === stride - 1) yield;
    for (; input.sentences[sentence] === word; sentence++) sentences.push(places.length / 2);
    if (word === cuts.length) break;
    const [start, end] = [read.bounds[2 * word] as number, read.bounds[2 * word + 1] as number];
    if (markers?.[word] === 1) continue;
    places.push(bounds[2 * word] as number, bounds[2 * word + 1] as number);
    readPlaces.push(length + start - copied, length + end - copied);
    const first = read.bounds[2 * (input.sentences[sentence - 1] as number)] as number;
    if (cuts[word] !== 1 || end - first > longestLine) continue;
    if (!open.test(read.text.slice(Math.max(start, end - longestEnd), end))) continue;
    const part = read.text.slice(copied, end) + separator;
    text.push(part);
    length += part.length;
    copied = end;
    places.push(bounds[2 * word + 1] as number, bounds[2 * word + 1] as number);
    readPlaces.push(length - 1, length);
  }
  text.push(read.text.slice(copied));
  return {
    text: input.text,
    bounds: Uint32Array.from(places),
    read: { text: text.join(""), bounds: Uint32Array.from(readPlaces) },
    sentences,
  };
}
