import type { Entity } from "../decoding/entities.js";
import { Predictions } from "../decoding/labels.js";
import { mergeEntities } from "../decoding/overlaps.js";
import type { Request } from "./request.js";
import type { TextUnits } from "./units.js";

/**
 * One text on its way through the model. It is finished, and its working memory free, as soon as
 * everyone who held it has released it: the planner, and each sequence that was laid out.
 */
export class TextTask {
  readonly units: TextUnits;
  /** What the model said so far, for each type of the request. */
  readonly predictions: readonly Predictions[];
  readonly #request: Request;
  readonly #finish: (entities: Entity[]) => void;
  #holders = 1;

  /** @param outside the row of the label O */
  constructor(units: TextUnits, request: Request, outside: number, finish: (entities: Entity[]) => void) {
    this.units = units;
    this.predictions = request.types.map(() => new Predictions(units.offsets.length - 1, outside));
    this.#request = request;
    this.#finish = finish;
  }

  hold(): void {
    this.#holders++;
  }

  release(): void {
    if (--this.#holders > 0) return;
    const { types, overlaps } = this.#request;
    const perType = types.map((type, rank) => this.units.decode(type, this.predictions[rank] as Predictions));
    const [only] = perType; // in order, and without overlaps
    this.#finish(only && perType.length === 1 ? only : mergeEntities(perType, overlaps));
  }
}
