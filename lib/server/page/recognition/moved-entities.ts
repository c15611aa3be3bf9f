import type { Entity } from "../../../decoding/entities.js";

/**
 * What is known of an edited text before the server has read it: the entities in front of the edit, and those behind it
 * at their new places.
 */
export function moveEntities(entities: readonly Entity[], before: string, after: string): Entity[] {
  const most = Math.min(before.length, after.length);
  let same = 0; // at the start
  while (same < most && before.charCodeAt(same) === after.charCodeAt(same)) same++;
  const moved = after.length - before.length;
  let end = before.length; // of what was replaced
  while (
    end > same &&
    end + moved > same &&
    before.charCodeAt(end - 1) === after.charCodeAt(end + moved - 1)
  ) {
    end--;
  }
  return entities.flatMap((entity) => {
    if (entity.end <= same) return [entity];
    if (entity.start < end) return [];
    return [{ ...entity, start: entity.start + moved, end: entity.end + moved }];
  });
}
