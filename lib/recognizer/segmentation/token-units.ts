import { mapped, numbersOf, type Steps, stride } from "../../async/steps.js";
import type { NativeTextTokens, NativeTokens } from "../../binding/native-addon.js";
import { decodeEntities } from "../../decoding/entities.js";
import type { LabelScheme } from "../../decoding/scheme.js";
import type { SegmentedText } from "../../text/segment.js";
import type { TextWords } from "./found-words.js";
import type { TextUnits } from "./segmentation.js";

/** Units that get labels, and their tokens. */
interface LabelledUnits {
  /** The text with units in place of words. */
  readonly input: SegmentedText;
  /** [n_units + 1] unit u has tokens offsets[u] .. offsets[u + 1). */
  readonly offsets: Uint32Array;
}

/**
 * Tokens with their places in the original.
 * @param places start and end, in the original, of what is behind each code unit of the tokenized text
 */
export function* withPlaces(tokens: NativeTextTokens, places: Uint32Array): Steps<NativeTextTokens> {
  const { starts, ends } = tokens;
  return {
    ...tokens,
    starts: yield* numbersOf(starts.length, (token) => places[2 * (starts[token] as number)] as number),
    ends: yield* numbersOf(ends.length, (token) => places[2 * (ends[token] as number) - 1] as number),
  };
}

/**
 * Texts as units of words.
 * @param tokens of the words of all texts
 */
export function* wordUnits(
  texts: readonly TextWords[],
  tokens: NativeTokens,
  scheme: LabelScheme,
): Steps<TextUnits[]> {
  const units: TextUnits[] = [];
  for (const text of texts) units.push(unitsOf(text, yield* unitsOfWords(text, tokens), tokens, scheme));
  return units;
}

/**
 * Texts as units of single tokens.
 * @param tokens of the words of all texts, with their places each in its own text
 */
export function* tokenUnits(
  texts: readonly TextWords[],
  tokens: NativeTextTokens,
  scheme: LabelScheme,
): Steps<TextUnits[]> {
  const units: TextUnits[] = [];
  for (const text of texts) {
    const words = yield* unitsOfWords(text, tokens);
    units.push(unitsOf(text, yield* unitsOfTokens(words, tokens), tokens, scheme));
  }
  return units;
}

function* unitsOfWords({ input, firstWords }: TextWords, { offsets }: NativeTokens): Steps<LabelledUnits> {
  const offsetOf = (unit: number) => offsets[firstWords[unit] as number] as number;
  return { input, offsets: yield* numbersOf(firstWords.length, offsetOf) };
}

function* unitsOfTokens(
  { input, offsets }: LabelledUnits,
  { starts, ends }: NativeTextTokens,
): Steps<LabelledUnits> {
  const { text, sentences, markers } = input;
  const first = offsets[0] ?? 0;
  const count = (offsets.at(-1) ?? 0) - first;
  const bounds = new Uint32Array(2 * count);
  const own = new Uint32Array(count + 1);
  for (let token = 0; token <= count; token++) {
    if (token % stride === stride - 1) yield;
    own[token] = first + token;
    if (token === count) break;
    bounds[2 * token] = starts[first + token] as number;
    bounds[2 * token + 1] = ends[first + token] as number;
  }
  const tokenAt = (unit: number) => (offsets[unit] as number) - first;
  const marked = markers && new Uint8Array(count);
  for (const [unit, mark] of (markers ?? []).entries()) {
    if (unit % stride === stride - 1) yield;
    if (mark === 1) marked?.fill(1, tokenAt(unit), tokenAt(unit + 1));
  }
  const read = { text, bounds };
  return {
    input: {
      ...read,
      read,
      sentences: yield* mapped(sentences, tokenAt),
      ...(marked && { markers: marked }),
    },
    offsets: own,
  };
}

function unitsOf(
  { segmented }: TextWords,
  { input, offsets }: LabelledUnits,
  { tokens }: NativeTokens,
  scheme: LabelScheme,
): TextUnits {
  return {
    tokens,
    offsets,
    sentences: input.sentences,
    segmented,
    decode: (type, found) => decodeEntities(type, input, found, scheme.tagsOf(type)),
  };
}
