import { describe, expect, it } from "@jest/globals";
import { interleaveHeads, llama3Factors } from "../../../lib/convert/output/rotation.js";

describe("interleaveHeads", () => {
  it("interleaves the halves of each head", () => {
    const rows = Uint8Array.from([0, 1, 2, 3, 10, 11, 12, 13]);
    expect([...interleaveHeads(rows, 1, 4)]).toEqual([0, 2, 1, 3, 10, 12, 11, 13]);
  });

  it("moves whole rows", () => {
    const rows = Uint8Array.from([0, 0, 1, 1, 2, 2, 3, 3]);
    expect([...interleaveHeads(rows, 2, 4)]).toEqual([0, 0, 2, 2, 1, 1, 3, 3]);
  });
});

describe("llama3Factors", () => {
  it("keeps high frequencies, divides low ones, and interpolates in between", () => {
    const scaling = {
      kind: "llama3",
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContext: 8192,
    } as const;
    const factors = llama3Factors(scaling, 128, 500000);
    expect(factors).toHaveLength(64);
    expect(factors[0]).toBe(1);
    expect(factors[63]).toBe(8);
    const between = [...factors].filter((factor) => factor > 1 && factor < 8);
    expect(between.length).toBeGreaterThan(3);
    expect(between).toEqual([...between].sort((a, b) => a - b));
  });
});
