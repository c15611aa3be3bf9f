import { CodePoints } from "../../code-points.js";

/** Converts positions of a text between UTF-16 code units and the units of a BioC file. */
export interface OffsetUnits {
  toUnits(offset: number): number | undefined;
  fromUnits(units: number): number;
}

/** BioC leaves open what its offsets count: files count code points, UTF-16 code units or bytes of UTF-8. */
export type OffsetUnit = "points" | "utf16" | "bytes";

/** The units in the order in which a document is compared with them. */
export const offsetUnits: readonly OffsetUnit[] = ["points", "utf16", "bytes"];

export function unitsOf(text: string, unit: OffsetUnit): OffsetUnits {
  if (unit === "utf16") {
    return { toUnits: (offset) => (offset <= text.length ? offset : undefined), fromUnits: (units) => units };
  }
  if (unit === "points") {
    const points = new CodePoints(text);
    return { toUnits: (offset) => points.toUnits(offset), fromUnits: (units) => points.toPoints(units) };
  }
  return {
    toUnits: (offset) => unitsBefore(text, offset),
    fromUnits: (units) => Buffer.byteLength(text.slice(0, units)),
  };
}

/** Positions in code units of an offset in bytes of UTF-8; undefined within a character or beyond the end. */
function unitsBefore(text: string, bytes: number): number | undefined {
  const before = Buffer.from(text).subarray(0, bytes).toString();
  return Buffer.byteLength(before) === bytes && text.startsWith(before) ? before.length : undefined;
}
