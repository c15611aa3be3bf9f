import { runJob } from "../binding/jobs.js";
import { decodeTokenEntities } from "../decoding/token-entities.js";
import type { SourceText } from "../text/input.js";
import { segment } from "../text/segment.js";
import { tokenSegmentation } from "../text/words.js";
import { joinTexts, type UnitScheme } from "./units.js";

/** Tokens of the whole text get the tags. */
export const tokenUnits: UnitScheme = {
  id: tokenSegmentation,

  async instructionTokens(native, instruction) {
    const bounds = Uint32Array.of(0, instruction.length);
    return (await runJob(() => native.tokenizeText(instruction, bounds, true))).tokens;
  },

  async unitsOf(native, texts, tags, signal) {
    const { joined, shifts } = joinTexts(texts);
    const bounds = Uint32Array.from(
      texts.flatMap(({ text }, index) => [shifts[index] as number, (shifts[index] as number) + text.length]),
    );
    const { tokens, offsets, starts } = await runJob(
      () => native.tokenizeText(joined, bounds, false),
      signal,
    );
    return texts.map((source, index) => {
      const [first, end] = offsets.subarray(index, index + 2) as unknown as [number, number];
      const places = new Uint32Array(end - first + 1);
      places.set(starts.subarray(first, end).map((start) => start - (shifts[index] as number)));
      places[end - first] = source.text.length;
      const input = { text: source.text, starts: places, ...landmarksOf(source) };
      return {
        tokens,
        offsets: Uint32Array.from(places, (_, token) => first + token),
        // A text of nothing but white space is not read.
        passages: input.sentences.length > 0 ? [0, end - first] : [0],
        decode: (type, found) => decodeTokenEntities(type, input, found, tags),
      };
    });
  },
};

/** Where the sentences of a text start, and its words where they are given. */
function landmarksOf({ text, words }: SourceText) {
  const { bounds, sentences } = segment(text, words);
  const starts = sentences.slice(0, -1).map((word) => bounds[2 * word] as number);
  return { sentences: starts, ...(words && { words: bounds }) };
}
