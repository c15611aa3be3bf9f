import type { Document, Range } from "../../document.js";
import { startsOf } from "../json/entities.js";

/** A stretch of a document's text to be marked: a mention, or a part of a discontinuous one. */
export interface Mark extends Range {
  readonly type: string;
  /** What the picture shows beside it: the type; of a part that others follow, with an ellipsis. */
  readonly label: string;
  /** What the picture shows on hover. */
  readonly note: string;
}

/** All marks of a document, by start; of those with one start, the longest first. */
export function marksOf({ passages }: Pick<Document, "passages">): Mark[] {
  const starts = startsOf(passages);
  const marks = passages.flatMap(({ annotations }, index) =>
    annotations.flatMap(({ type, ranges, score, identifiers = [] }) =>
      ranges.map((range, part): Mark => {
        const [start, end] = [range.start, range.end].map((at) => at + (starts[index] ?? 0)) as [
          number,
          number,
        ];
        const facts = [
          `${start}–${end}`,
          ...(ranges.length > 1 ? [`part ${part + 1} of ${ranges.length}`] : []),
          ...(score === undefined ? [] : [`score ${score.toFixed(3)}`]),
          ...identifiers,
        ];
        const label = part < ranges.length - 1 ? `${type} …` : type;
        return { start, end, type, label, note: `${type}: ${facts.join(", ")}` };
      }),
    ),
  );
  return marks.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** A mark with its lane: marks that share text have different ones. */
export type LanedMark = Mark & { readonly lane: number };

/**
 * Gives each mark the first lane that is free.
 * @param marks by start
 * @param reachOf where the space that a mark needs ends. Default: its end
 */
export function inLanes<Each extends Range>(
  marks: readonly Each[],
  reachOf: (mark: Each) => number = ({ end }) => end,
): (Each & { readonly lane: number })[] {
  const free: number[] = []; // of each lane, from where on it is free
  return marks.map((mark) => {
    const found = free.findIndex((from) => from <= mark.start);
    const lane = found < 0 ? free.length : found;
    free[lane] = reachOf(mark);
    return { ...mark, lane };
  });
}

/** A stretch of text that no mark starts or ends in. */
export interface Piece<Each extends Range> extends Range {
  /** All that cover it, outermost first. */
  readonly marks: readonly Each[];
}

/**
 * A text between two positions, cut wherever a mark starts or ends.
 * @param marks by start; of those with one start, the longest first
 */
export function* piecesOf<Each extends Range>(
  from: number,
  to: number,
  marks: readonly Each[],
): Generator<Piece<Each>, void, undefined> {
  const edges = [...new Set([from, to, ...marks.flatMap(({ start, end }) => [start, end])])].sort(
    (a, b) => a - b,
  );
  let around: Each[] = [];
  let next = 0;
  for (const [index, start] of edges.slice(0, -1).entries()) {
    const end = edges[index + 1] as number;
    around = around.filter((mark) => mark.end > start);
    for (let mark = marks[next]; mark && mark.start <= start; mark = marks[++next]) around.push(mark);
    yield { start, end, marks: [...around] };
  }
}

/**
 * The palette of Okabe and Ito, which people with any colour vision can tell apart, without its black.
 *
 * Source: https://jfly.uni-koeln.de/color/
 */
export const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442"] as const;

/** Numbers of the types, in the order in which they appear. Beyond the palette, its colours come again. */
export class TypeColours {
  readonly #types = new Map<string, number>();

  /** @returns an index into {@link palette} */
  of(type: string): number {
    const known = this.#types.get(type) ?? this.#types.size;
    this.#types.set(type, known);
    return known % palette.length;
  }
}

/** Text for HTML and SVG: never markup, and without the control characters that XML forbids. */
export function escapeMarkup(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, (char) => String.fromCharCode(0x2400 + char.charCodeAt(0)))
      .replace(/[\x7f-\x9f\ufffe\uffff]/g, "\ufffd")
      .replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
  );
}
