import { finish, inTurns, type Steps, stride } from "../../async/steps.js";
import { runJob } from "../../binding/jobs.js";
import type { NativeTextTokens } from "../../binding/native-addon.js";
import type { LabelScheme } from "../../decoding/scheme.js";
import { decodeTokenEntities } from "../../decoding/token-entities.js";
import type { SourceText } from "../../text/input.js";
import { type SegmentedText, segmentInSteps } from "../../text/segment.js";
import type { UnicodeComposer } from "../../text/unicode-form.js";
import { tokenSegmentationId } from "../../text/words.js";
import { composerOf } from "./composer.js";
import { type JoinedTexts, joinTexts, type Segmentation, type TextUnits } from "./segmentation.js";

/** Every token of the text gets a label (`tokens-v1`). */
export const tokenSegmentation: Segmentation = {
  id: tokenSegmentationId,
  aggregations: ["simple"],

  async instructionTokens(native, instruction) {
    const { text } = finish(readText({ text: instruction }, composerOf(native)));
    const bounds = Uint32Array.of(0, text.length);
    return (await runJob(() => native.tokenizeText(text, bounds, true))).tokens;
  },

  async tokenize(native, texts, { scheme, lines }, signal) {
    const { joined, placed } = joinTexts(await inTurns(readTexts(texts, composerOf(native)), signal));
    const bounds = Uint32Array.from(
      placed.flatMap(({ source, start }) => [start, start + source.text.length]),
    );
    const tokenized = await runJob(() => native.tokenizeText(joined, bounds, false), signal);
    return await inTurns(unitsOf(placed, tokenized, scheme, lines), signal);
  },
};

/** A text as the model reads it. */
interface ReadText {
  readonly text: string;
  /** Start and end, in the original, of the characters behind each code unit of it; undefined: it is the original. */
  readonly places?: Uint32Array;
  readonly original: SourceText;
}

function* readText(original: SourceText, composer: UnicodeComposer | undefined): Steps<ReadText> {
  const composed = composer && (yield* composer.compose(original.text));
  return { ...(composed ?? { text: original.text }), original };
}

function* readTexts(
  texts: readonly SourceText[],
  composer: UnicodeComposer | undefined,
): Steps<readonly ReadText[]> {
  const read: ReadText[] = [];
  for (const text of texts) read.push(yield* readText(text, composer));
  return read;
}

function* unitsOf(
  placed: JoinedTexts<ReadText>["placed"],
  { tokens, offsets, starts }: NativeTextTokens,
  scheme: LabelScheme,
  lines: boolean | undefined,
): Steps<TextUnits[]> {
  const units: TextUnits[] = [];
  for (const [index, { source, start }] of placed.entries()) {
    if (index > 0) yield;
    const [first = 0, end = 0] = offsets.subarray(index, index + 2);
    const places = new Uint32Array(end - first + 1);
    const ownOffsets = new Uint32Array(end - first + 1);
    const { original } = source;
    for (let token = first; token <= end; token++) {
      if (token % stride === stride - 1) yield;
      const at = token < end ? (starts[token] as number) - start : undefined;
      places[token - first] = at === undefined ? original.text.length : (source.places?.[2 * at] ?? at);
      ownOffsets[token - first] = token;
    }
    const segmented = yield* segmentInSteps(original.text, original.given, lines);
    const input = { text: original.text, starts: places, ...(yield* landmarksOf(segmented, original)) };
    units.push({
      tokens,
      offsets: ownOffsets,
      // White space alone is not read.
      sentences: input.sentences.length > 0 ? [0, end - first] : [0],
      segmented,
      decode: (type, found) =>
        decodeTokenEntities(type, input, found, scheme.tagsOf(type), scheme.openingTokens),
    });
  }
  return units;
}

/** Starts of the sentences of a text, where entities have to end, and its words if the caller gave them. */
function* landmarksOf({ text, bounds, sentences, cuts }: SegmentedText, { given }: SourceText) {
  const starts: number[] = [];
  const borders: number[] = [];
  for (const [index, word] of sentences.entries()) {
    if (index % stride === stride - 1) yield;
    const start = bounds[2 * word] ?? text.length;
    if (index < sentences.length - 1) starts.push(start);
    if (cuts?.[word - 1] === 1) borders.push(start);
  }
  return { sentences: starts, borders, ...(given && { words: bounds }) };
}
