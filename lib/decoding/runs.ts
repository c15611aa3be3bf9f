import { stride } from "../async/steps.js";
import type { Tag } from "./labels.js";

/**
 * Finds the runs of units that form a mention. B closes the open run and opens a new one; I continues the open run;
 * E continues it and closes it; S is a run of its own; O closes the open run.
 * @param labels [n_units] label of each unit
 * @param tags    tag of each label
 * @param first   first unit to read
 * @param end     one past the last unit
 * @param opening tags that open a run if none is open; other tags are then ignored
 * @returns undefined where the work may pause
 */
export function* runsOf(
  labels: Uint16Array,
  tags: readonly Tag[],
  first: number,
  end: number,
  opening: readonly Tag[],
): Generator<{ first: number; end: number } | undefined> {
  let open = -1;
  for (let unit = first; unit < end; unit++) {
    if (unit % stride === stride - 1) yield undefined;
    const tag = tags[labels[unit] ?? -1] ?? "O";
    if (open >= 0 && (tag === "O" || tag === "B" || tag === "S")) {
      yield { first: open, end: unit };
      open = -1;
    }
    if (open < 0 && tag !== "O" && opening.includes(tag)) open = unit;
    if (open >= 0 && (tag === "E" || tag === "S")) {
      yield { first: open, end: unit + 1 };
      open = -1;
    }
  }
  if (open >= 0) yield { first: open, end };
}
