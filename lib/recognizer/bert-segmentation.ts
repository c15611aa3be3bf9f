import { LinkedStop, type StopSignal } from "../async/signals.js";
import { inTurns, type Steps } from "../async/steps.js";
import { runJob } from "../binding/jobs.js";
import type { NativeModel, NativeTextTokens, NativeTokens } from "../binding/native-addon.js";
import { allAggregations } from "../decoding/aggregation.js";
import { decodeEntities } from "../decoding/entities.js";
import type { LabelScheme } from "../decoding/scheme.js";
import { BertWordFinder, type BertWords, bertWordsId } from "../text/bert-words.js";
import type { SourceText } from "../text/input.js";
import { type SegmentedText, segmentInSteps } from "../text/segment.js";
import type { Segmentation, TextUnits } from "./segmentation.js";
import { boundsOfTokens, type LabelledUnits, tokensAsUnits } from "./token-units.js";

/** Every word of BERT's tokenizer gets a label, sentence by sentence (`bert-words-v1`). */
export const bertSegmentation: Segmentation = {
  id: bertWordsId,
  aggregations: allAggregations,

  async instructionTokens(native, instruction) {
    const words = await inTurns(
      wordsOf(native, [{ text: instruction }], undefined, false),
      new LinkedStop(undefined),
    );
    return (await tokensOf(native, words.normalized, undefined)).tokens;
  },

  async tokenize(native, texts, { scheme, lines, byToken }, signal) {
    const words = await inTurns(wordsOf(native, texts, lines, byToken), signal);
    if (byToken) {
      const placed = await placedTokensOf(native, words, signal);
      return await inTurns(tokenUnitsOf(words, placed, scheme), signal);
    }
    const tokens = await tokensOf(native, words.normalized, signal);
    return words.texts.map((text) => unitsOf(text.segmented, wordUnits(text, tokens), tokens, scheme));
  },
};

/** A text as BERT's words. */
interface TextWords {
  /** The text with units in place of words. */
  readonly input: SegmentedText;
  readonly segmented: SegmentedText;
  /** [n_units + 1] unit u has the words firstWords[u] .. firstWords[u + 1) of all texts. */
  readonly firstWords: readonly number[];
}

/** Texts as BERT's words. */
interface TextsWords {
  readonly texts: readonly TextWords[];
  /** The normalized words of all texts. */
  readonly normalized: readonly string[];
  /** As in {@link BertWords}. */
  readonly places?: readonly number[] | undefined;
}

function* wordsOf(
  native: NativeModel,
  texts: readonly SourceText[],
  lines: boolean | undefined,
  byToken: boolean,
): Steps<TextsWords> {
  const finder = new BertWordFinder(native.info.normalizer);
  const normalized: string[] = [];
  const places: number[] | undefined = byToken ? [] : undefined;
  const found: TextWords[] = [];
  for (const { text, given } of texts) {
    const segmented = yield* segmentInSteps(text, given, lines);
    const words = { bounds: [], normalized, ...(places && { places }) };
    found.push(
      given ? yield* givenUnits(finder, segmented, words) : yield* foundUnits(finder, segmented, words),
    );
  }
  return { texts: found, normalized, places };
}

/** Each word that the caller gave is a unit. */
function* givenUnits(finder: BertWordFinder, segmented: SegmentedText, words: BertWords): Steps<TextWords> {
  const { text, bounds } = segmented;
  const firstWords = [words.normalized.length];
  for (let at = 0; at < bounds.length; at += 2) {
    yield* finder.find(text, bounds[at] as number, bounds[at + 1] as number, words);
    firstWords.push(words.normalized.length);
  }
  return { input: segmented, segmented, firstWords };
}

/** Each of BERT's words is a unit. No word reaches across the end of a sentence, or a border of the layout. */
function* foundUnits(finder: BertWordFinder, segmented: SegmentedText, words: BertWords): Steps<TextWords> {
  const { text, bounds, cuts, markers } = segmented;
  const before = words.normalized.length;
  const sentences = [0];
  const unitCuts: number[] = [];
  const unitMarkers: number[] = [];
  const first = () => words.normalized.length - before;
  for (const [index, end] of segmented.sentences.entries()) {
    const start = segmented.sentences[index - 1];
    if (start === undefined) continue;
    for (let from = start, to = start; from < end; from = to) {
      const marked = markers?.[from];
      do to++;
      while (to < end && cuts?.[to - 1] !== 1 && markers?.[to] === marked);
      const unit = first();
      yield* finder.find(text, bounds[2 * from] as number, bounds[2 * to - 1] as number, words);
      if (marked === 1) for (let u = unit; u < first(); u++) unitMarkers.push(u);
      if (cuts?.[to - 1] === 1 && first() > unit) unitCuts.push(first() - 1);
    }
    if (first() > (sentences.at(-1) ?? 0)) sentences.push(first());
  }
  const count = first();
  const unitBounds = Uint32Array.from(words.bounds);
  const input: SegmentedText = {
    text,
    bounds: unitBounds,
    read: { text, bounds: unitBounds },
    sentences,
    ...(cuts && { cuts: flags(count, unitCuts) }),
    ...(markers && { markers: flags(count, unitMarkers) }),
  };
  return { input, segmented, firstWords: Array.from({ length: count + 1 }, (_, unit) => before + unit) };
}

function flags(count: number, set: readonly number[]): Uint8Array {
  const result = new Uint8Array(count);
  for (const at of set) result[at] = 1;
  return result;
}

/** The tokens of normalized words. */
function tokensOf(
  native: NativeModel,
  words: readonly string[],
  signal: StopSignal | undefined,
): Promise<NativeTokens> {
  return runJob(() => native.tokenize(words.join(""), boundsOf(words)), signal);
}

/** The same, with where each token is in the text that its word is from. */
async function placedTokensOf(
  native: NativeModel,
  { normalized, places = [] }: TextsWords,
  signal: StopSignal,
): Promise<NativeTextTokens> {
  const joined = normalized.join("");
  const found = await runJob(() => native.tokenizeText(joined, boundsOf(normalized), false), signal);
  const starts = found.starts.map((start) => places[2 * start] as number);
  const ends = found.ends.map((end) => places[2 * end - 1] as number);
  return { ...found, starts, ends };
}

function boundsOf(words: readonly string[]): Uint32Array {
  const bounds = new Uint32Array(2 * words.length);
  let at = 0;
  for (const [word, { length }] of words.entries()) {
    bounds[2 * word] = at;
    at += length;
    bounds[2 * word + 1] = at;
  }
  return bounds;
}

function wordUnits({ input, firstWords }: TextWords, { offsets }: NativeTokens): LabelledUnits {
  return { input, offsets: Uint32Array.from(firstWords, (word) => offsets[word] as number) };
}

function* tokenUnitsOf(
  { texts }: TextsWords,
  tokens: NativeTextTokens,
  scheme: LabelScheme,
): Steps<TextUnits[]> {
  const units: TextUnits[] = [];
  for (const text of texts) {
    const words = wordUnits(text, tokens);
    const bounds = boundsOfTokens(tokens, words.offsets[0] ?? 0, words.offsets.at(-1) ?? 0);
    units.push(unitsOf(text.segmented, yield* tokensAsUnits(words, bounds), tokens, scheme));
  }
  return units;
}

function unitsOf(
  segmented: SegmentedText,
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
