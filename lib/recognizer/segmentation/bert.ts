import { Stop, type StopSignal } from "../../async/signals.js";
import { inTurns, numbersOf, type Steps } from "../../async/steps.js";
import { runJob } from "../../binding/jobs.js";
import type { NativeModel, NativeTextTokens, NativeTokens } from "../../binding/native-addon.js";
import { allAggregations } from "../../decoding/aggregation.js";
import { BertWordFinder, bertWordsId } from "../../text/bert-words.js";
import type { SourceText } from "../../text/input.js";
import { NumberList } from "../../text/number-list.js";
import { TextBuilder } from "../../text/text-builder.js";
import { findInTexts, type TextWords } from "./found-words.js";
import type { Segmentation } from "./segmentation.js";
import { tokenUnits, withPlaces, wordUnits } from "./token-units.js";

/** Every word of BERT's tokenizer gets a label, sentence by sentence (`bert-words-v1`). */
export const bertSegmentation: Segmentation = {
  id: bertWordsId,
  aggregations: allAggregations,

  async instructionTokens(native, instruction) {
    const stop = new Stop();
    const words = await inTurns(wordsOf(native, [{ text: instruction }], undefined, false), stop);
    return (await tokensOf(native, words, stop)).tokens;
  },

  async tokenize(native, texts, { scheme, lines, byToken }, signal) {
    const words = await inTurns(wordsOf(native, texts, lines, byToken), signal);
    const units = byToken
      ? tokenUnits(words.texts, await placedTokensOf(native, words, signal), scheme)
      : wordUnits(words.texts, await tokensOf(native, words, signal), scheme);
    return inTurns(units, signal);
  },
};

/** Texts as BERT's words. */
interface TextsWords {
  readonly texts: readonly TextWords[];
  /** The normalized words of all texts, one after the other. */
  readonly normalized: string;
  /** [2 * n_words] start and end of each of them in that. */
  readonly bounds: Uint32Array;
  /** Start and end of the character behind each code unit of it; empty if words are units. */
  readonly places: Uint32Array;
}

function* wordsOf(
  { info }: NativeModel,
  texts: readonly SourceText[],
  lines: boolean | undefined,
  byToken: boolean,
): Steps<TextsWords> {
  const finder = new BertWordFinder(info.normalizer);
  const normalized = new TextBuilder();
  const [ends, places] = [new NumberList(), new NumberList()];
  const found = yield* findInTexts(texts, lines, (text, start, end, bounds) =>
    finder.find(text, start, end, { bounds, normalized, ends, ...(byToken && { places }) }),
  );
  const endOf = (word: number) => (word < 0 ? 0 : ends.at(word));
  const bounds = yield* numbersOf(2 * ends.length, (bound) => endOf(((bound + 1) >> 1) - 1));
  return { texts: found, normalized: normalized.text, bounds, places: yield* places.toArray() };
}

/** The tokens of normalized words. */
function tokensOf(
  native: NativeModel,
  { normalized, bounds }: TextsWords,
  signal: StopSignal,
): Promise<NativeTokens> {
  return runJob(() => native.tokenize(normalized, bounds), signal);
}

/** The same, with where each token is in the text that its word is from. */
async function placedTokensOf(
  native: NativeModel,
  { normalized, bounds, places }: TextsWords,
  signal: StopSignal,
): Promise<NativeTextTokens> {
  const found = await runJob(() => native.tokenizeText(normalized, bounds, false), signal);
  return inTurns(withPlaces(found, places), signal);
}
