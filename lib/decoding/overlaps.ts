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
export function mergeEntities(perType: readonly (readonly Entity[])[], overlaps: Overlaps): Entity[] {
  const all = perType.flatMap((entities, rank) => entities.map((entity) => ({ entity, rank })));
  all.sort((a, b) => byPlace(a.entity, b.entity));
  return (overlaps === "resolve" ? clusters(all).flatMap(resolved) : all).map(({ entity }) => entity);
}

interface Ranked {
  readonly entity: Entity;
  /** Index of the entity's type in the caller's list. */
  readonly rank: number;
}

function byPlace(a: Entity, b: Entity): number {
  return a.start - b.start || a.end - b.end || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0);
}

/** Groups of entities that are linked by overlaps. Entities of different groups never overlap. */
function clusters(sorted: readonly Ranked[]): Ranked[][] {
  const groups: Ranked[][] = [];
  let reach = -1;
  for (const ranked of sorted) {
    if (ranked.entity.start >= reach) groups.push([]);
    groups.at(-1)?.push(ranked);
    reach = Math.max(reach, ranked.entity.end);
  }
  return groups;
}

/** The entities of a cluster that stay, in their order. Takes time for their lengths, not for their pairs. */
function resolved(cluster: readonly Ranked[]): Ranked[] {
  const { start: from } = (cluster[0] as Ranked).entity;
  const to = cluster.reduce((reach, { entity }) => Math.max(reach, entity.end), from);
  /** 1 for the code units of entities that stay. */
  const taken = new Uint8Array(to - from);
  const stay = new Set<Ranked>();
  for (const ranked of [...cluster].sort(byMerit)) {
    const own = taken.subarray(ranked.entity.start - from, ranked.entity.end - from);
    if (own.includes(1)) continue;
    own.fill(1);
    stay.add(ranked);
  }
  return cluster.filter((ranked) => stay.has(ranked));
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
