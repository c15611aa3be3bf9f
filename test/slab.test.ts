import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Slab } from "../lib/slab.js";

test("arrays are zeroed, have the requested length and never overlap", () => {
  const request = fc.record({ length: fc.oneof(fc.nat(40), fc.nat(20_000)), kept: fc.nat(20_000) });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
      const slab = new Slab((length) => new Uint32Array(length));
      const taken: Uint32Array[] = [];
      for (const [index, { length, kept }] of requests.entries()) {
        const own = slab.take(length);
        expect(own.length).toBe(length);
        expect(own.every((value) => value === 0)).toBe(true);
        const shortened = slab.shorten(own, Math.min(kept, length));
        expect(shortened.length).toBe(Math.min(kept, length));
        taken.push(shortened.fill(index + 1));
      }
      for (const [index, own] of taken.entries()) {
        expect(own.every((value) => value === index + 1)).toBe(true);
      }
    }),
  );
});

test("short arrays share a buffer", () => {
  const slab = new Slab((length) => new Float32Array(length));
  const [first, second] = [slab.take(30), slab.take(50)];
  expect(second.buffer).toBe(first.buffer);
  expect(slab.take(20_000).buffer).not.toBe(first.buffer);
  expect(slab.take(1).buffer).toBe(first.buffer);
});
