import type { Tag } from "./labels.js";

/**
 * The runs of units that their tags join to a mention: B opens one and closes the one before it; I
 * continues one, E does so and closes it; O closes. I and E where none is open open one too, or are
 * nothing, as `opening` says.
 * @param labels the label of each unit
 * @param tags the tag of each label
 * @param first first unit to look at
 * @param end one past the last
 * @param opening tags that open a run where none is open
 */
export function* runsOf(
  labels: Uint8Array,
  tags: readonly Tag[],
  first: number,
  end: number,
  opening: readonly Tag[],
): Generator<{ first: number; end: number }> {
  let open = -1;
  for (let unit = first; unit < end; unit++) {
    const tag = tags[labels[unit] as number] as Tag;
    if (open >= 0 && (tag === "O" || tag === "B")) {
      yield { first: open, end: unit };
      open = -1;
    }
    if (open < 0 && tag !== "O" && opening.includes(tag)) open = unit;
    if (open >= 0 && tag === "E") {
      yield { first: open, end: unit + 1 };
      open = -1;
    }
  }
  if (open >= 0) yield { first: open, end };
}
