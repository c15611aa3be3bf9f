import type { RopeScaling } from "../checkpoint/shape.js";

/**
 * Reorders the rows of a query or key matrix for llama.cpp. transformers rotates element i of a head with element
 * i + headSize / 2, llama.cpp rotates element 2 i with 2 i + 1. So row 2 i + half of a head comes from row
 * i + half * headSize / 2.
 * @param rows     whole heads
 * @param rowBytes bytes of one row
 */
export function interleaveHeads(rows: Uint8Array, rowBytes: number, headSize: number): Uint8Array {
  const result = new Uint8Array(rows.length);
  const headBytes = headSize * rowBytes;
  for (let head = 0; head < rows.length; head += headBytes) {
    for (let row = 0; row < headSize; row++) {
      const from = head + ((row >> 1) + (row & 1 ? headSize / 2 : 0)) * rowBytes;
      result.set(rows.subarray(from, from + rowBytes), head + row * rowBytes);
    }
  }
  return result;
}

/**
 * Divisors of the rotary frequencies for LLaMA 3's scaling: 1 for high frequencies, `factor` for low ones, and a
 * smooth transition between them.
 * Source: transformers' `_compute_llama3_parameters`.
 * @returns [headSize / 2]
 */
export function llama3Factors(
  scaling: Extract<RopeScaling, { kind: "llama3" }>,
  headSize: number,
  base: number,
): Float32Array {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  return Float32Array.from({ length: headSize / 2 }, (_, index) => {
    const waveLength = 2 * Math.PI * base ** ((2 * index) / headSize);
    if (waveLength < originalContext / high) return 1;
    if (waveLength > originalContext / low) return factor;
    const smooth = (originalContext / waveLength - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}
