import { isPromise } from "../../async/promises.js";
import type { StopSignal } from "../../async/signals.js";
import { finish, inTurns, type Steps, stride } from "../../async/steps.js";
import { callNative } from "../../binding/errors.js";
import { runJob } from "../../binding/jobs.js";
import type { NativeModel, NativeTokens } from "../../binding/native-addon.js";
import { wordAggregations } from "../../decoding/aggregation.js";
import { decodeEntities } from "../../decoding/entities.js";
import type { LabelScheme } from "../../decoding/scheme.js";
import { Slab } from "../../slab.js";
import type { SourceText } from "../../text/input.js";
import { type SegmentedText, segmentInSteps, type WordsInText } from "../../text/segment.js";
import { withSeparators } from "../../text/separators.js";
import type { UnicodeComposer } from "../../text/unicode-form.js";
import { wordSegmentationId } from "../../text/words.js";
import { composerOf } from "./composer.js";
import { joinTexts, type Segmentation, type TextUnits } from "./segmentation.js";

/**
 * Most words that are looked up in the word cache on the JavaScript thread. That takes up to a quarter of a
 * millisecond, which is less than waking another thread and being woken by it.
 */
const mostLookedUp = 4096;

/** Room for the tokens of looked-up words, for each word. Prose has less than two. */
const tokensPerWord = 4;
const tokenSlab = new Slab((length) => new Int32Array(length));
const offsetSlab = new Slab((length) => new Uint32Array(length));

/** Every word gets a label, sentence by sentence (`letters-digits-v1`). */
export const wordSegmentation: Segmentation = {
  id: wordSegmentationId,
  aggregations: wordAggregations,

  async instructionTokens(native, instruction) {
    // VANER's code passes the instruction as one word of a pre-split input, spaces included.
    const composer = composerOf(native);
    const text = (composer && finish(composer.compose(instruction)))?.text ?? instruction;
    const bounds = Uint32Array.of(0, text.length);
    return (await runJob(() => native.tokenize(text, bounds))).tokens;
  },

  tokenize(native, texts, { scheme, lines }, signal) {
    const words = inTurns(wordsOf(texts, lines, composerOf(native)), signal);
    return isPromise(words)
      ? words.then((found) => unitsOf(native, found, scheme, signal))
      : unitsOf(native, words, scheme, signal);
  },
};

/** A text with its words, and with those that the model reads. */
interface ReadText {
  readonly segmented: SegmentedText;
  readonly input: SegmentedText;
}

/** Texts with their words and sentences, and their words as bounds in one string. */
interface JoinedWords {
  readonly inputs: readonly ReadText[];
  readonly joined: string;
  readonly bounds: Uint32Array;
}

function* wordsOf(
  texts: readonly SourceText[],
  lines: boolean | undefined,
  composer: UnicodeComposer | undefined,
): Steps<JoinedWords> {
  const inputs: ReadText[] = [];
  const read: WordsInText[] = [];
  for (const { text, given } of texts) {
    if (inputs.length > 0) yield;
    const segmented = yield* segmentInSteps(text, given, lines);
    const input = yield* withSeparators(segmented);
    inputs.push({ segmented, input });
    read.push(composer ? yield* composeWords(input.read, composer) : input.read);
  }
  return { inputs, ...joinWords(read) };
}

/** Words in a form of Unicode, each by itself, as the tokenizer of pre-split input has them. */
function* composeWords(words: WordsInText, composer: UnicodeComposer): Steps<WordsInText> {
  // Words that are part of a text in the form are in the form too.
  if (!(yield* composer.compose(words.text))) return words;
  const bounds = new Uint32Array(words.bounds.length);
  let text = "";
  for (let at = 0; at < bounds.length; at += 2) {
    if (at % stride === stride - 2) yield;
    const word = words.text.slice(words.bounds[at], words.bounds[at + 1]);
    bounds[at] = text.length;
    text += (yield* composer.compose(word))?.text ?? word;
    bounds[at + 1] = text.length;
  }
  return { text, bounds };
}

function unitsOf(
  native: NativeModel,
  { inputs, joined, bounds }: JoinedWords,
  scheme: LabelScheme,
  signal: StopSignal,
): TextUnits[] | Promise<TextUnits[]> {
  const units = ({ tokens, offsets }: NativeTokens): TextUnits[] => {
    let word = 0;
    return inputs.map(({ segmented, input }) => {
      const first = word;
      word += input.bounds.length / 2;
      return {
        tokens,
        offsets: offsets.subarray(first, word + 1),
        sentences: input.sentences,
        segmented,
        decode: (type, found) => decodeEntities(type, input, found, scheme.tagsOf(type)),
      };
    });
  };
  const known = knownTokens(native, joined, bounds);
  return known ? units(known) : runJob(() => native.tokenize(joined, bounds), signal).then(units);
}

/** The tokens of a few words that are all in the word cache; otherwise undefined. */
function knownTokens(native: NativeModel, text: string, bounds: Uint32Array): NativeTokens | undefined {
  const words = bounds.length / 2;
  if (words > mostLookedUp) return undefined;
  const tokens = tokenSlab.take(tokensPerWord * words);
  const offsets = offsetSlab.take(words + 1);
  const known = words === 0 || callNative(() => native.tokenizeKnown(text, bounds, tokens, offsets));
  return known ? { tokens: tokenSlab.shorten(tokens, offsets[words] ?? 0), offsets } : undefined;
}

/** The words of several texts as bounds in one string. */
function joinWords(inputs: readonly WordsInText[]): { joined: string; bounds: Uint32Array } {
  const [only, ...others] = inputs;
  if (only && others.length === 0) return { joined: only.text, bounds: only.bounds };
  const { joined, placed } = joinTexts(inputs);
  const bounds = new Uint32Array(inputs.reduce((sum, input) => sum + input.bounds.length, 0));
  let at = 0;
  for (const { source, start } of placed) for (const bound of source.bounds) bounds[at++] = bound + start;
  return { joined, bounds };
}
