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
  return new Utf8Offsets(text);
}

class Utf8Offsets implements OffsetUnits {
  /** [length + 1] Bytes of UTF-8 up to each position in code units; within a pair, up to its end. */
  readonly #bytes: Uint32Array;

  constructor(text: string) {
    this.#bytes = new Uint32Array(text.length + 1);
    let bytes = 0;
    for (let at = 0; at < text.length; at++) {
      const isPair = (text.codePointAt(at) ?? 0) > 0xffff;
      bytes += isPair ? 4 : bytesOf(text.charCodeAt(at));
      if (isPair) this.#bytes[++at] = bytes;
      this.#bytes[at + 1] = bytes;
    }
  }

  /** @returns undefined within a character or beyond the end */
  toUnits(offset: number): number | undefined {
    let low = 0;
    let high = this.#bytes.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#bytes[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return this.#bytes[low] === offset ? low : undefined;
  }

  fromUnits(units: number): number {
    return this.#bytes[units] ?? 0;
  }
}

/** Bytes of a code unit that is no part of a pair. */
const bytesOf = (code: number) => (code < 0x80 ? 1 : code < 0x800 ? 2 : 3);
