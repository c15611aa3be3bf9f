import { callNative } from "../binding/errors.js";
import { runJob } from "../binding/jobs.js";
import type { NativeModel } from "../binding/native-addon.js";
import { decodeEntities } from "../decoding/entities.js";
import type { StopSignal } from "../signals.js";
import { type SegmentedText, segment } from "../text/segment.js";
import { wordSegmentation } from "../text/words.js";
import { joinTexts, type UnitScheme } from "./units.js";

/** Words get the tags, sentence by sentence. */
export const wordUnits: UnitScheme = {
  id: wordSegmentation,

  async instructionTokens(native, instruction) {
    // The reference takes the instruction as one word of a pre-split input, its spaces included.
    const bounds = Uint32Array.of(0, instruction.length);
    return (await runJob(() => native.tokenize(instruction, bounds))).tokens;
  },

  async unitsOf(native, texts, tags, signal) {
    const inputs = texts.map(({ text, words }) => segment(text, words));
    const { tokens, offsets } = await tokenize(native, inputs, signal);
    return inputs.map((input, index) => ({
      tokens,
      offsets: offsets[index] as Uint32Array,
      passages: input.sentences,
      decode: (type, found) => decodeEntities(type, input, found, tags),
    }));
  },
};

/** Tokenizes the words of several texts in one native call. */
async function tokenize(native: NativeModel, inputs: readonly SegmentedText[], signal: StopSignal) {
  const words = inputs.reduce((sum, { bounds }) => sum + bounds.length / 2, 0);
  if (words === 0) return { tokens: new Int32Array(0), offsets: inputs.map(() => new Uint32Array(1)) };

  const { joined, shifts } = joinTexts(inputs);
  const bounds = new Uint32Array(2 * words);
  let word = 0;
  for (const [index, input] of inputs.entries()) {
    const shift = shifts[index] as number;
    bounds.set(shift === 0 ? input.bounds : input.bounds.map((bound) => bound + shift), 2 * word);
    word += input.bounds.length / 2;
  }
  const { tokens, offsets } =
    callNative(() => native.tokenizeKnown(joined, bounds)) ??
    (await runJob(() => native.tokenize(joined, bounds), signal));

  word = 0;
  const perText = inputs.map((input) => {
    const first = word;
    word += input.bounds.length / 2;
    return offsets.subarray(first, word + 1);
  });
  return { tokens, offsets: perText };
}
