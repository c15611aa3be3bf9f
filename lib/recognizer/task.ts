import { decodeEntities, type Entity } from "../decoding/entities.js";
import { Predictions, type Tag } from "../decoding/labels.js";
import { mergeEntities } from "../decoding/overlaps.js";
import type { SegmentedText } from "../text/segment.js";
import type { Request } from "./request.js";

/** The words of a text as tokens. */
export interface TextTokens {
  /** Token ids of the words of this text, and maybe of others. */
  readonly tokens: Int32Array;
  /** [n_words + 1] word w has tokens[offsets[w] .. offsets[w + 1]); it may have none. */
  readonly offsets: Uint32Array;
}

/** How the labels of a model are read. */
export interface LabelScheme {
  /** The tag of each row of a head. */
  readonly tags: readonly Tag[];
  /** The row of the label O. */
  readonly outside: number;
}

/**
 * One text on its way through the model. It is finished, and its working memory free, as soon as
 * everyone who held it has released it: the planner, and each sequence that was laid out.
 */
export class TextTask {
  readonly input: SegmentedText;
  readonly tokens: TextTokens;
  /** What the model said so far, for each type of the request. */
  readonly predictions: readonly Predictions[];
  readonly #request: Request;
  readonly #tags: readonly Tag[];
  readonly #finish: (entities: Entity[]) => void;
  #holders = 1;

  constructor(
    input: SegmentedText,
    tokens: TextTokens,
    request: Request,
    { tags, outside }: LabelScheme,
    finish: (entities: Entity[]) => void,
  ) {
    this.input = input;
    this.tokens = tokens;
    this.predictions = request.types.map(() => new Predictions(input.bounds.length / 2, outside));
    this.#request = request;
    this.#tags = tags;
    this.#finish = finish;
  }

  hold(): void {
    this.#holders++;
  }

  release(): void {
    if (--this.#holders > 0) return;
    const { types, overlaps } = this.#request;
    const perType = types.map((type, rank) =>
      decodeEntities(type, this.input, this.predictions[rank] as Predictions, this.#tags),
    );
    this.#finish(mergeEntities(perType, overlaps));
  }
}
