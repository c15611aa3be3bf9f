import { type Steps, sorted, stride } from "../async/steps.js";
import type { Entity } from "./entities.js";

/**
 * What to do with entities of different types that overlap:
 * - `keep`: keep all;
 * - `resolve`: of overlapping entities keep the one with the highest score; of equal scores the longest; of equal
 *   lengths the one whose type was listed first; then the first in the text.
 */
export type Overlaps = "keep" | "resolve";

export const overlapPolicies: readonly Overlaps[] = ["keep", "resolve"];

/**
 * Merges the entities of several types into one list, sorted by start, then end, then type.
 * @param perType entities of each type, in the order of the caller's list of types
 */
export function* mergeEntities(perType: readonly (readonly Entity[])[], overlaps: Overlaps): Steps<Entity[]> {
  const all: Ranked[] = [];
  for (const [rank, entities] of perType.entries()) {
    for (const entity of entities) {
      if (all.push({ entity, rank }) % stride === 0) yield;
    }
  }
  const placed = yield* sorted(all, (a, b) => byPlace(a.entity, b.entity));
  const merged: Entity[] = [];
  for (const { entity } of overlaps === "resolve" ? yield* resolved(placed) : placed) {
    if (merged.push(entity) % stride === 0) yield;
  }
  return merged;
}

interface Ranked {
  readonly entity: Entity;
  /** Index of the entity's type in the caller's list. */
  readonly rank: number;
}

function byPlace(a: Entity, b: Entity): number {
  return a.start - b.start || a.end - b.end || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0);
}

/** The entities that stay, in their order. Takes time for their lengths, not for their pairs. */
function* resolved(placed: readonly Ranked[]): Steps<Ranked[]> {
  const from = placed[0]?.entity.start ?? 0;
  let to = from;
  for (const [index, { entity }] of placed.entries()) {
    if (index % stride === stride - 1) yield;
    to = Math.max(to, entity.end);
  }
  /** 1 for the code units of entities that stay. */
  const taken = new Uint8Array(to - from);
  const stay = new Set<Ranked>();
  for (const [index, ranked] of (yield* sorted(placed, byMerit)).entries()) {
    if (index % stride === stride - 1) yield;
    const own = taken.subarray(ranked.entity.start - from, ranked.entity.end - from);
    if (own.includes(1)) continue;
    own.fill(1);
    stay.add(ranked);
  }
  const left: Ranked[] = [];
  for (const [index, ranked] of placed.entries()) {
    if (index % stride === stride - 1) yield;
    if (stay.has(ranked)) left.push(ranked);
  }
  return left;
}

function byMerit(a: Ranked, b: Ranked): number {
  const length = (entity: Entity) => entity.end - entity.start;
  return (
    b.entity.score - a.entity.score ||
    length(b.entity) - length(a.entity) ||
    a.rank - b.rank ||
    a.entity.start - b.entity.start
  );
}
