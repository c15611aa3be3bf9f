import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { moveEntities } from "../../../../lib/server/page/recognition/moved-entities.js";

const entityOf = (text: string, start: number, end: number) => ({
  ...{ type: "Gene", text: text.slice(start, end), start, end, score: 1, sentence: 0 },
});

test("entities outside of an edit stay with their text", () => {
  const before = "BRCA1 and p53 and BRCA2";
  const entities = [entityOf(before, 0, 5), entityOf(before, 10, 13), entityOf(before, 18, 23)];
  const after = "BRCA1 and TP53, and BRCA2";
  expect(moveEntities(entities, before, after)).toEqual([entityOf(after, 0, 5), entityOf(after, 20, 25)]);
  expect(moveEntities(entities, before, before)).toEqual(entities);
  expect(moveEntities(entities, before, "")).toEqual([]);
});

test("what stays has its text at its new place", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  fc.assert(
    fc.property(letters, letters, letters, letters, (start, old, new_, end) => {
      const [before, after] = [start + old + end, start + new_ + end];
      const entities = Array.from(before, (_, at) => [
        entityOf(before, at, at + 1),
        entityOf(before, at, Math.min(at + 2, before.length)),
      ]).flat();
      const moved = moveEntities(entities, before, after);
      for (const { start, end, text } of moved) expect(after.slice(start, end)).toBe(text);
      const single = moved.filter(({ start, end }) => end - start === 1).length;
      expect(single).toBeGreaterThanOrEqual(start.length + end.length);
    }),
  );
});
