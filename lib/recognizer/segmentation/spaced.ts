import { Stop, type StopSignal } from "../../async/signals.js";
import { inTurns, type Steps, stride } from "../../async/steps.js";
import { runJob } from "../../binding/jobs.js";
import type { NativeModel, NativeTextTokens } from "../../binding/native-addon.js";
import { allAggregations } from "../../decoding/aggregation.js";
import type { SourceText } from "../../text/input.js";
import { type PieceFinder, Pieces } from "../../text/pieces.js";
import {
  composeSpacedWords,
  SpacedWordFinder,
  type SpacedWords,
  spacedWordsId,
} from "../../text/spaced-words.js";
import { composerOf, pieceFinderOf } from "./composer.js";
import { findInTexts, joinWords, type TextWords } from "./found-words.js";
import type { Segmentation } from "./segmentation.js";
import { tokenUnits, withPlaces, wordUnits } from "./token-units.js";

/** Every word between white space gets a label, without the signs at its edges (`spaced-words-v1`). */
export const spacedSegmentation: Segmentation = {
  id: spacedWordsId,
  aggregations: allAggregations,

  async instructionTokens(native, instruction) {
    const stop = new Stop();
    const { words } = await inTurns(wordsOf(native, [{ text: instruction }], undefined), stop);
    return (await tokensOf(native, words, stop)).tokens;
  },

  async tokenize(native, texts, { scheme, lines, byToken }, signal) {
    const { found, words } = await inTurns(wordsOf(native, texts, lines), signal);
    const tokens = await inTurns(placed(await tokensOf(native, words, signal), words), signal);
    const units = await inTurns(joinWords(found, tokens.inside), signal);
    return inTurns((byToken ? tokenUnits : wordUnits)(units, tokens, scheme), signal);
  },
};

function* wordsOf(
  native: NativeModel,
  texts: readonly SourceText[],
  lines: boolean | undefined,
): Steps<{ readonly found: readonly TextWords[]; readonly words: SpacedWords }> {
  const finder = new SpacedWordFinder(native.info.spacePrefix);
  const found = yield* findInTexts(texts, lines, (...part) => finder.find(...part));
  const composer = composerOf(native);
  const words = yield* finder.words();
  return { found, words: composer ? yield* composeSpacedWords(words, composer) : words };
}

/** The tokens of the parts, with their places in the composed text. */
export async function tokensOf(
  native: NativeModel,
  words: SpacedWords,
  signal: StopSignal,
): Promise<NativeTextTokens> {
  const run = (text: string, bounds: Uint32Array) =>
    runJob(() => native.tokenizeText(text, bounds, false), signal);
  const finder = pieceFinderOf(native);
  if (!finder) return run(words.text, words.parts);
  const { text, bounds, places } = await inTurns(piecesOf(finder, words), signal);
  return inTurns(withPlaces(await run(text, bounds), places), signal);
}

/** The pieces that a unigram vocabulary spells. */
export function* piecesOf(finder: PieceFinder, { text, parts }: SpacedWords) {
  const pieces = new Pieces();
  for (let part = 0, pause = stride; part < parts.length; part += 2) {
    const first = parts[part] as number;
    if (first >= pause) {
      yield;
      pause = first + stride;
    }
    yield* finder.find(text, first, parts[part + 1] as number, pieces);
  }
  return {
    text: pieces.text.text,
    bounds: yield* pieces.bounds.toArray(),
    places: yield* pieces.places.toArray(),
  };
}

/** Tokens with their places in the text that they are from. */
interface PlacedTokens extends NativeTextTokens {
  /** [n_words] 1 for words that begin inside a token of the word in front. */
  readonly inside: Uint8Array;
}

/** Gives each token its place in the text that it is from, and each word its tokens. */
export function* placed(tokens: NativeTextTokens, words: SpacedWords): Steps<PlacedTokens> {
  const { text, starts, places } = words;
  const count = tokens.tokens.length;
  const placedStarts = new Uint32Array(count);
  const placedEnds = new Uint32Array(count);
  const offsets = new Uint32Array(starts.length + 1);
  const inside = new Uint8Array(starts.length);
  let word = 0;
  /** Behind the last token. */
  let reached = 0;
  for (let token = 0; token < count; token++) {
    if (token % stride === stride - 1) yield;
    const start = tokens.starts[token] as number;
    const end = tokens.ends[token] as number;
    // The space in front is no part of the token's place. A token that is only a space belongs to the word behind it.
    const from = text.charCodeAt(start) === 0x20 ? start + 1 : start;
    placedEnds[token] = places[2 * end - 1] as number;
    placedStarts[token] = from < end ? (places[2 * from] as number) : (placedEnds[token] as number);
    for (; word < starts.length && (starts[word] as number) <= from; word++) {
      offsets[word] = token;
      if ((starts[word] as number) < reached) inside[word] = 1;
    }
    reached = end;
  }
  offsets.fill(count, word);
  for (; word < starts.length && (starts[word] as number) < reached; word++) inside[word] = 1;
  return { tokens: tokens.tokens, offsets, starts: placedStarts, ends: placedEnds, inside };
}
