import type { Entity } from "../../../decoding/entities.js";

/** How many entities of which types are shown, in a sentence. */
export function summaryOf(shown: readonly Entity[], found: number): string {
  const counts = new Map<string, number>();
  for (const { type } of shown) counts.set(type, (counts.get(type) ?? 0) + 1);
  const unit = found === 1 ? "entity" : "entities";
  const number = shown.length === found ? String(found) : `${shown.length} of ${found}`;
  if (shown.length === 0) return found === 0 ? "No entities." : `${number} ${unit}.`;
  return `${number} ${unit}: ${Array.from(counts, ([type, count]) => `${count} ${type}`).join(", ")}.`;
}
