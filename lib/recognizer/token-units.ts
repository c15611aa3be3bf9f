import { type Steps, stride } from "../async/steps.js";
import type { NativeTextTokens } from "../binding/native-addon.js";
import type { SegmentedText } from "../text/segment.js";

/** Units that get labels, and their tokens. */
export interface LabelledUnits {
  /** The text with units in place of words. */
  readonly input: SegmentedText;
  /** [n_units + 1] unit u has tokens offsets[u] .. offsets[u + 1). */
  readonly offsets: Uint32Array;
}

/** [2 * n_tokens] start and end of the tokens from `first` up to `end`. */
export function boundsOfTokens({ starts, ends }: NativeTextTokens, first: number, end: number): Uint32Array {
  const bounds = new Uint32Array(2 * (end - first));
  for (let token = first; token < end; token++) {
    bounds[2 * (token - first)] = starts[token] as number;
    bounds[2 * (token - first) + 1] = ends[token] as number;
  }
  return bounds;
}

/**
 * Makes each token of some units a unit of its own.
 * @param bounds [2 * n_tokens] start and end of each token in the text
 */
export function* tokensAsUnits({ input, offsets }: LabelledUnits, bounds: Uint32Array): Steps<LabelledUnits> {
  const { text, sentences, markers } = input;
  const first = offsets[0] ?? 0;
  const count = bounds.length / 2;
  const own = new Uint32Array(count + 1);
  for (let token = 0; token <= count; token++) {
    if (token % stride === stride - 1) yield;
    own[token] = first + token;
  }
  const tokenAt = (unit: number) => (offsets[unit] as number) - first;
  const marked = markers && new Uint8Array(count);
  for (const [unit, mark] of (markers ?? []).entries()) {
    if (unit % stride === stride - 1) yield;
    if (mark === 1) marked?.fill(1, tokenAt(unit), tokenAt(unit + 1));
  }
  return {
    input: {
      text,
      bounds,
      read: { text, bounds },
      sentences: sentences.map(tokenAt),
      ...(marked && { markers: marked }),
    },
    offsets: own,
  };
}
