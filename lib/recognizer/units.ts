import type { NativeModel } from "../binding/native-addon.js";
import type { Entity } from "../decoding/entities.js";
import type { Predictions, Tag } from "../decoding/labels.js";
import type { StopSignal } from "../signals.js";
import type { SourceText } from "../text/input.js";

/** A text as the units that get tags: words, or tokens. */
export interface TextUnits {
  /** Token ids of the units of this text, and maybe of others. */
  readonly tokens: Int32Array;
  /** [n_units + 1] unit u has tokens[offsets[u] .. offsets[u + 1]); it may have none. */
  readonly offsets: Uint32Array;
  /** [n_passages + 1] passage p, a stretch that is read by itself, has units passages[p] .. passages[p + 1). */
  readonly passages: readonly number[];
  /** The entities of a type that follow from the units' labels. */
  decode(type: string, found: Predictions): Entity[];
}

/** How a model takes its input: what gets a tag, and what stands in front. */
export interface UnitScheme {
  /** Id of the segmentation, as model files name it. */
  readonly id: string;
  /** Tokens of an instruction, as they stand in front of every sequence behind the start token. */
  instructionTokens(native: NativeModel, instruction: string): Promise<Int32Array>;
  /**
   * Cuts texts into units, at once where what they are made of is known.
   * @param tags the tag of each label
   * @throws the signal's reason
   */
  unitsOf(
    native: NativeModel,
    texts: readonly SourceText[],
    tags: readonly Tag[],
    signal: StopSignal,
  ): TextUnits[] | Promise<TextUnits[]>;
}

/** Stands between texts that are tokenized together, so that nothing forms across their border. */
const separator = "\n";

/** Texts in one string, and where each starts in it. */
export function joinTexts(texts: readonly { readonly text: string }[]): { joined: string; shifts: number[] } {
  let shift = 0;
  const shifts = texts.map(({ text }) => {
    const own = shift;
    shift += text.length + separator.length;
    return own;
  });
  return { joined: texts.map(({ text }) => text).join(separator), shifts };
}
