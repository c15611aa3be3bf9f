import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { CodePoints } from "../../lib/documents/code-points.js";

const anyText = fc.string({ unit: fc.constantFrom("a", "é", "💊", "𝛼", "\ud800", "\udc00") });

test("positions between code points convert both ways, as the string's iterator counts", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const positions = new CodePoints(text);
      let units = 0;
      const points = [...text];
      for (const [index, point] of points.entries()) {
        expect([positions.toUnits(index), positions.toPoints(units)]).toEqual([units, index]);
        units += point.length;
      }
      expect(positions.toUnits(points.length)).toBe(text.length);
      expect(positions.toUnits(points.length + 1)).toBeUndefined();
    }),
  );
});
