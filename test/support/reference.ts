import { readFileSync } from "node:fs";
import type { NativeModel } from "../../lib/binding/native-addon.js";

/** Expected results of a model of `test/fixtures`. */
export interface Reference {
  readonly heads: readonly string[];
  readonly labels: readonly string[];
  readonly sequences: readonly (readonly number[])[];
  /** For each sequence: the number of leading tokens that attend only to each other. Default: 0. */
  readonly instructions?: readonly number[];
  readonly rows: readonly (readonly number[])[];
  /** For each sequence and row: the probabilities of all heads, one after the other. */
  readonly probabilities: readonly (readonly (readonly number[])[])[];
}

export function readJson<Content>(path: string): Content {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** The reference next to a fixture. */
export function referenceOf(path: string): Reference {
  return readJson(path.replace(/gguf$/, "json"));
}

/** Encodes all sequences of a reference in one call. */
export async function encode(model: NativeModel, reference: Reference): Promise<Float32Array> {
  const { sequences, rows, instructions = [] } = reference;
  const offsets = [0];
  for (const { length } of sequences) offsets.push((offsets.at(-1) as number) + length);
  const shifted = rows.flatMap((own, sequence) => own.map((row) => row + (offsets[sequence] as number)));
  return model.encode(
    Int32Array.from(sequences.flat()),
    Uint32Array.from(offsets),
    Uint32Array.from(instructions),
    Uint32Array.from(shifted),
  ).promise;
}

/** Largest absolute difference of a probability. */
export function worstError(found: Float32Array, { probabilities }: Reference): number {
  const expected = probabilities.flat(2);
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Math.max(...expected.map((value, index) => Math.abs(value - (found[index] as number))));
}
