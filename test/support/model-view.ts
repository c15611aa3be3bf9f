import { finish } from "../../lib/async/steps.js";
import { addRepeats } from "../../lib/decoding/consistency.js";
import { decodeEntities, type Entity } from "../../lib/decoding/entities.js";
import { Predictions, type Tag } from "../../lib/decoding/labels.js";
import { mergeEntities } from "../../lib/decoding/overlaps.js";
import { encodeCalls } from "../../lib/recognizer/encode-call.js";
import { type SegmentedText, segment } from "../../lib/text/segment.js";
import { withSeparators } from "../../lib/text/separators.js";

const tags: readonly Tag[] = ["O", "B", "I"];
const outputs = [{ ranks: [0], head: 0 }];

/** What becomes of a text before and after the model: all of the pipeline that is written in TypeScript. */
export interface ModelView {
  readonly segmented: SegmentedText;
  /** [n_units] how often each word that the model reads is labelled. */
  readonly labelled: Uint32Array;
  /** The tokens of each sequence. */
  readonly lengths: readonly number[];
  readonly entities: readonly Entity[];
}

export interface ViewOptions {
  readonly lines?: boolean | undefined;
  /** UTF-16 code units of a token. */
  readonly tokenLength: number;
  /** Tokens of a sequence. */
  readonly room: number;
  /** Tokens of a passage, at most `room`; 0: each sentence by itself. */
  readonly passageTokens: number;
  /** Label of a word for one of two entity types. */
  label(word: number, type: number): 0 | 1 | 2;
}

export function viewOf(text: string, options: ViewOptions): ModelView {
  const { lines, tokenLength, room, passageTokens, label } = options;
  const segmented = segment(text, undefined, lines);
  const input = finish(withSeparators(segmented));
  const { bounds } = input.read;
  const count = bounds.length / 2;
  const offsets = new Uint32Array(count + 1);
  for (let word = 0; word < count; word++) {
    const length = (bounds[2 * word + 1] as number) - (bounds[2 * word] as number);
    offsets[word + 1] = (offsets[word] as number) + Math.ceil(length / tokenLength);
  }
  const tokens = new Int32Array(offsets[count] as number);
  const units = { tokens, offsets, sentences: input.sentences, segmented, decode: () => none() };
  const pass = { prefix: Int32Array.of(0), suffix: [], room, passageTokens, outputs };
  const labelled = new Uint32Array(count);
  const lengths: number[] = [];
  for (const call of encodeCalls([units], [pass], 4096)) {
    for (const { answered, length } of call?.sequences ?? []) {
      lengths.push(length);
      for (const word of answered) labelled[word] = (labelled[word] as number) + 1;
    }
  }
  const perType = [0, 1].map((type) => {
    const found = new Predictions(count, 0);
    for (let word = 0; word < count; word++) {
      found.labels[word] = label(word, type);
      found.probabilities[word] = 0.9 + type / 20;
    }
    return finish(decodeEntities(`T${type}`, input, found, tags));
  });
  const entities = finish(mergeEntities(finish(addRepeats(segmented, perType)), "resolve"));
  return { segmented, labelled, lengths, entities };
}

// biome-ignore lint/correctness/useYield: no entities, without a pause
function* none(): Generator<undefined, Entity[], undefined> {
  return [];
}
