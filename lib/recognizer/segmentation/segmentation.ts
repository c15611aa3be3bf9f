import type { StopSignal } from "../../async/signals.js";
import type { Steps } from "../../async/steps.js";
import type { NativeModel } from "../../binding/native-addon.js";
import type { Aggregation } from "../../decoding/aggregation.js";
import type { Entity } from "../../decoding/entities.js";
import type { Predictions } from "../../decoding/labels.js";
import type { LabelScheme } from "../../decoding/scheme.js";
import type { SourceText } from "../../text/input.js";
import type { SegmentedText } from "../../text/segment.js";

/** A text as the units that get labels: words, or tokens. */
export interface TextUnits {
  /** Token ids of this text; may hold those of other texts too. */
  readonly tokens: Int32Array;
  /** [n_units + 1] unit u has tokens[offsets[u] .. offsets[u + 1]); it may have none. */
  readonly offsets: Uint32Array;
  /**
   * [n_sentences + 1] sentence s has units sentences[s] .. sentences[s + 1). A text whose tokens are tagged is one
   * sentence.
   */
  readonly sentences: readonly number[];
  /** The text with its words and sentences, whatever its units are. */
  readonly segmented: SegmentedText;
  /** The entities of one type, by the units' labels. */
  decode(type: string, found: Predictions): Steps<Entity[]>;
}

/** How to read texts. */
export interface Reading {
  /** What the labels stand for. */
  readonly scheme: LabelScheme;
  /** Whether every line is a sentence, or none; undefined to look. */
  readonly lines: boolean | undefined;
  /** Whether each token is a unit, and not each word. */
  readonly byToken: boolean;
}

/** How a model takes its input: what gets a label, and how the instruction is tokenized. */
export interface Segmentation {
  /** Its id in model files (`vaner.words`). */
  readonly id: string;
  /** How tokens may give words their labels; the first is the default. */
  readonly aggregations: readonly Aggregation[];
  /** Tokens of an instruction, without the start token. */
  instructionTokens(native: NativeModel, instruction: string): Promise<Int32Array>;
  /**
   * Cuts texts into units and tokenizes them, in one native call.
   * @returns a promise only where the tokenizer has to run, or a text is long
   * @throws the signal's reason
   */
  tokenize(
    native: NativeModel,
    texts: readonly SourceText[],
    reading: Reading,
    signal: StopSignal,
  ): TextUnits[] | Promise<TextUnits[]>;
}

/** Stands between texts that are tokenized together, so that no token crosses their border. */
const separator = "\n";

/** Texts in one string, each with its place in it. */
export interface JoinedTexts<Text> {
  readonly joined: string;
  readonly placed: readonly { readonly source: Text; readonly start: number }[];
}

export function joinTexts<Text extends { readonly text: string }>(texts: readonly Text[]): JoinedTexts<Text> {
  let end = 0;
  const placed = texts.map((source) => {
    const start = end;
    end += source.text.length + separator.length;
    return { source, start };
  });
  return { joined: texts.map(({ text }) => text).join(separator), placed };
}
