import { LinkedStop, type StopSignal } from "../../async/signals.js";
import { inTurns, type Steps } from "../../async/steps.js";
import { runJob } from "../../binding/jobs.js";
import type { NativeModel, NativeTextTokens, NativeTokens } from "../../binding/native-addon.js";
import { allAggregations } from "../../decoding/aggregation.js";
import { BertWordFinder, bertWordsId } from "../../text/bert-words.js";
import type { SourceText } from "../../text/input.js";
import { findInTexts, type TextWords } from "./found-words.js";
import type { Segmentation } from "./segmentation.js";
import { tokenUnits, wordUnits } from "./token-units.js";

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
    return byToken
      ? inTurns(tokenUnits(words.texts, await placedTokensOf(native, words, signal), scheme), signal)
      : wordUnits(words.texts, await tokensOf(native, words.normalized, signal), scheme);
  },
};

/** Texts as BERT's words. */
interface TextsWords {
  readonly texts: readonly TextWords[];
  /** The normalized words of all texts. */
  readonly normalized: readonly string[];
  /** Start and end of the character behind each code unit of them; undefined if words are units. */
  readonly places: readonly number[] | undefined;
}

function* wordsOf(
  { info }: NativeModel,
  texts: readonly SourceText[],
  lines: boolean | undefined,
  byToken: boolean,
): Steps<TextsWords> {
  const finder = new BertWordFinder(info.normalizer);
  const normalized: string[] = [];
  const places: number[] | undefined = byToken ? [] : undefined;
  const found = yield* findInTexts(texts, lines, (text, start, end, bounds) =>
    finder.find(text, start, end, { bounds, normalized, ...(places && { places }) }),
  );
  return { texts: found, normalized, places };
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
