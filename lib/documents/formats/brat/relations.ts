import type { Relation } from "../../document.js";
import { type AnnotationLines, typeIn } from "./lines.js";

/**
 * Adds relations between mentions, or of other such relations. Those of concepts have no place in brat.
 * @param mentions ids of mentions, by those that the document has
 */
export function addRelations(
  lines: AnnotationLines,
  relations: readonly Relation[],
  mentions: ReadonlyMap<string, string>,
): void {
  const ids = new Map(mentions);
  for (const relation of resolvable(relations, mentions)) {
    const kind = kindOf(relation);
    const id = kind === "*" ? kind : lines.newId(kind);
    if (relation.id !== undefined) ids.set(relation.id, id);
    lines.all.push(`${id}\t${contentOf(relation, ids)}`);
  }
}

/** Relations whose arguments are known, each behind those that are its arguments. */
function resolvable(relations: readonly Relation[], mentions: ReadonlyMap<string, string>): Relation[] {
  const known = new Set(mentions.keys());
  const ordered: Relation[] = [];
  let waiting = [...relations];
  for (;;) {
    const later: Relation[] = [];
    for (const relation of waiting) {
      if (!relation.arguments.every(({ reference }) => known.has(reference))) {
        later.push(relation);
        continue;
      }
      ordered.push(relation);
      // An equivalence has no id.
      if (relation.id !== undefined && kindOf(relation) !== "*") known.add(relation.id);
    }
    if (later.length === waiting.length) return ordered;
    waiting = later;
  }
}

/** An event has a trigger; a relation has two arguments; others are only listed. */
function kindOf({ arguments: taking }: Relation): "E" | "R" | "*" {
  if (taking[0]?.role === "Trigger") return "E";
  return taking.length === 2 ? "R" : "*";
}

function contentOf(relation: Relation, ids: ReadonlyMap<string, string>): string {
  const name = typeIn(relation.type);
  const kind = kindOf(relation);
  const parts = relation.arguments.map(({ role, reference }, index) => {
    const named = /^[^\s:]+$/.test(role) ? role : `Arg${index + 1}`;
    return { named, id: ids.get(reference) };
  });
  if (kind === "*") return [name, ...parts.map(({ id }) => id)].join(" ");
  const [trigger, ...rest] = parts;
  const listed = (kind === "E" ? rest : parts).map(({ named, id }) => `${named}:${id}`);
  return [kind === "E" ? `${name}:${trigger?.id}` : name, ...listed].join(" ");
}
