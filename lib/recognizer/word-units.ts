import { callNative } from "../binding/errors.js";
import { runJob } from "../binding/jobs.js";
import type { NativeModel, NativeTokens } from "../binding/native-addon.js";
import { decodeEntities } from "../decoding/entities.js";
import { Slab } from "../slab.js";
import { type SegmentedText, segment } from "../text/segment.js";
import { wordSegmentation } from "../text/words.js";
import { joinTexts, type TextUnits, type UnitScheme } from "./units.js";

/**
 * Most words that are looked up at once, in a quarter of a millisecond: another thread would have to be woken and to wake
 * this one.
 */
const mostLookedUp = 4096;

/** Tokens that are made room for where words are looked up, for each; prose has less than two. */
const tokensPerWord = 4;
const tokenSlab = new Slab((length) => new Int32Array(length));
const offsetSlab = new Slab((length) => new Uint32Array(length));

/** Words get the tags, sentence by sentence. */
export const wordUnits: UnitScheme = {
  id: wordSegmentation,

  async instructionTokens(native, instruction) {
    // The reference takes the instruction as one word of a pre-split input, its spaces included.
    const bounds = Uint32Array.of(0, instruction.length);
    return (await runJob(() => native.tokenize(instruction, bounds))).tokens;
  },

  unitsOf(native, texts, tags, signal) {
    const inputs = texts.map(({ text, words }) => segment(text, words));
    const { joined, bounds } = joinWords(inputs);
    const units = ({ tokens, offsets }: NativeTokens): TextUnits[] => {
      let word = 0;
      return inputs.map((input) => {
        const first = word;
        word += input.bounds.length / 2;
        return {
          tokens,
          offsets: offsets.subarray(first, word + 1),
          passages: input.sentences,
          decode: (type, found) => decodeEntities(type, input, found, tags),
        };
      });
    };
    const known = knownTokens(native, joined, bounds);
    return known ? units(known) : runJob(() => native.tokenize(joined, bounds), signal).then(units);
  },
};

/** The tokens of words that are few and have all come before. */
function knownTokens(native: NativeModel, text: string, bounds: Uint32Array): NativeTokens | undefined {
  const words = bounds.length / 2;
  if (words > mostLookedUp) return undefined;
  const tokens = tokenSlab.take(tokensPerWord * words);
  const offsets = offsetSlab.take(words + 1);
  const known = words === 0 || callNative(() => native.tokenizeKnown(text, bounds, tokens, offsets));
  return known ? { tokens: tokenSlab.shorten(tokens, offsets[words] as number), offsets } : undefined;
}

/** The words of several texts, to be tokenized in one native call. */
function joinWords(inputs: readonly SegmentedText[]): { joined: string; bounds: Uint32Array } {
  const [only] = inputs;
  if (only && inputs.length === 1) return { joined: only.text, bounds: only.bounds };
  const { joined, shifts } = joinTexts(inputs);
  const bounds = new Uint32Array(inputs.reduce((sum, input) => sum + input.bounds.length, 0));
  let at = 0;
  for (const [index, input] of inputs.entries()) {
    const shift = shifts[index] as number;
    for (const bound of input.bounds) bounds[at++] = bound + shift;
  }
  return { joined, bounds };
}
