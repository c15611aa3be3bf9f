import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import type { Entity } from "../../lib/decoding/entities.js";
import { mergeEntities } from "../../lib/decoding/overlaps.js";

function entity(type: string, start: number, end: number, score = 0.5): Entity {
  return { type, start, end, score, text: "", sentence: 0 };
}

const places = (entities: readonly Entity[]) =>
  entities.map(({ type, start, end }) => `${type}${start}-${end}`);

describe("mergeEntities", () => {
  test("keep sorts by start, end and type, whatever the order of types", () => {
    const b = [entity("B", 0, 5), entity("B", 9, 12)];
    const a = [entity("A", 0, 5), entity("A", 0, 3), entity("A", 10, 11)];
    const expected = ["A0-3", "A0-5", "B0-5", "B9-12", "A10-11"];
    expect(places(finish(mergeEntities([b, a], "keep")))).toEqual(expected);
    expect(places(finish(mergeEntities([a, b], "keep")))).toEqual(expected);
  });

  test.each([
    ["the higher score", [entity("A", 0, 9, 0.4)], [entity("B", 5, 7, 0.6)], ["B5-7"]],
    ["of equal scores the longer", [entity("A", 0, 3)], [entity("B", 0, 5)], ["B0-5"]],
    ["of equal lengths the type listed first", [entity("B", 0, 5)], [entity("A", 0, 5)], ["B0-5"]],
    ["both where they only touch", [entity("A", 0, 5)], [entity("B", 5, 9)], ["A0-5", "B5-9"]],
    [
      "what overlaps only a loser",
      [entity("A", 0, 3, 0.9), entity("A", 4, 9, 0.1)],
      [entity("B", 2, 5, 0.5)],
      ["A0-3", "A4-9"],
    ],
  ])("resolve keeps %s", (_what, first, second, expected) => {
    expect(places(finish(mergeEntities([first, second], "resolve")))).toEqual(expected);
  });

  const entities = (type: string) =>
    fc
      .uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 20 })
      .map((bounds) => bounds.sort((a, b) => a - b))
      .chain((bounds) =>
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 10, maxLength: 10 }).map((scores) =>
          scores.flatMap((score, index) => {
            const [start, end] = bounds.slice(2 * index, 2 * index + 2);
            return start === undefined || end === undefined ? [] : [entity(type, start, end, score / 4)];
          }),
        ),
      );

  test("resolve leaves no overlap, and drops an entity only for a better one", () => {
    fc.assert(
      fc.property(entities("A"), entities("B"), entities("C"), (...perType) => {
        const all = perType.flat();
        const kept = finish(mergeEntities(perType, "resolve"));
        const overlap = (x: Entity, y: Entity) => x.start < y.end && y.start < x.end;
        for (const [index, one] of kept.entries()) {
          expect(kept.slice(index + 1).some((other) => overlap(one, other))).toBe(false);
        }
        for (const dropped of all.filter((one) => !kept.includes(one))) {
          expect(kept.some((other) => overlap(dropped, other) && other.score >= dropped.score)).toBe(true);
        }
        expect(finish(mergeEntities(perType, "keep"))).toHaveLength(all.length);
      }),
      { numRuns: 1000 },
    );
  });
});
