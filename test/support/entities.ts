import { expect } from "@jest/globals";
import type { Entity } from "../../lib/index.js";

/** Matches entities but for the last digits of their scores, which depend on the order of sums. */
export function rounded(entities: readonly Entity[]) {
  return entities.map(({ score, ...entity }) => ({ ...entity, score: expect.closeTo(score, 3) }));
}
