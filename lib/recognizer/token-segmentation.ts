import { runJob } from "../binding/jobs.js";
import { decodeTokenEntities } from "../decoding/token-entities.js";
import type { SourceText } from "../text/input.js";
import { type SegmentedText, segment } from "../text/segment.js";
import { tokenSegmentationId } from "../text/words.js";
import { joinTexts, type Segmentation } from "./segmentation.js";

/** Every token of the text gets a label (`tokens-v1`). */
export const tokenSegmentation: Segmentation = {
  id: tokenSegmentationId,

  async instructionTokens(native, instruction) {
    const bounds = Uint32Array.of(0, instruction.length);
    return (await runJob(() => native.tokenizeText(instruction, bounds, true))).tokens;
  },

  async tokenize(native, texts, tags, lines, signal) {
    const { joined, placed } = joinTexts(texts);
    const bounds = Uint32Array.from(
      placed.flatMap(({ source, start }) => [start, start + source.text.length]),
    );
    const { tokens, offsets, starts } = await runJob(
      () => native.tokenizeText(joined, bounds, false),
      signal,
    );
    return placed.map(({ source, start }, index) => {
      const [first = 0, end = 0] = offsets.subarray(index, index + 2);
      const places = new Uint32Array(end - first + 1);
      places.set(starts.subarray(first, end).map((at) => at - start));
      places[end - first] = source.text.length;
      const segmented = segment(source.text, source.given, lines);
      const input = { text: source.text, starts: places, ...landmarksOf(segmented, source) };
      return {
        tokens,
        offsets: Uint32Array.from(places, (_, token) => first + token),
        // White space alone is not read.
        sentences: input.sentences.length > 0 ? [0, end - first] : [0],
        segmented,
        decode: (type, found) => decodeTokenEntities(type, input, found, tags),
      };
    });
  },
};

/** Starts of the sentences of a text, where entities have to end, and its words if the caller gave them. */
function landmarksOf({ text, bounds, sentences, cuts }: SegmentedText, { given }: SourceText) {
  const startOf = (word: number) => bounds[2 * word] ?? text.length;
  const starts = sentences.slice(0, -1).map(startOf);
  const borders = cuts ? sentences.filter((word) => cuts[word - 1] === 1).map(startOf) : [];
  return { sentences: starts, borders, ...(given && { words: bounds }) };
}
