import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { unitsOf } from "../../lib/documents/formats/bioc/units.js";

test("bytes are those of UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "é", "€", "💊") }), (text) => {
      const units = unitsOf(text, "bytes");
      const boundaries = [...[...text.matchAll(/./gsu)].map(({ index }) => index), text.length];
      const found = Array.from({ length: Buffer.byteLength(text) + 2 }, (_, offset) => units.toUnits(offset));
      expect(found.filter((unit) => unit !== undefined)).toEqual(boundaries);
      for (const unit of boundaries) {
        const bytes = Buffer.byteLength(text.slice(0, unit));
        expect([units.fromUnits(unit), units.toUnits(bytes)]).toEqual([bytes, unit]);
      }
    }),
  );
});
