import { VanerError } from "../../../errors.js";
import { CodePoints } from "../../code-points.js";
import type { Annotation, Range } from "../../document.js";

/** Kinds of lines, by the first letter of their ids. */
export type Kind = "T" | "R" | "E" | "A" | "N" | "#";

/** Name of a note that is an identifier without a knowledge base. */
export const identifierNote = "Identifier";

/** Makes the lines of annotations of a text. */
export class AnnotationLines {
  /** Without their ends. */
  readonly all: string[] = [];
  readonly #text: string;
  readonly #points: CodePoints;
  /** Highest number of each kind. */
  readonly #last = new Map<string, number>();

  /** @param before lines that the text has already: their ids are taken */
  constructor(text: string, before = "") {
    this.#text = text;
    this.#points = new CodePoints(text);
    for (const [, kind = "", number] of before.matchAll(/^\uFEFF?([TREAMN#])(\d{1,15})\t/gm)) {
      this.#last.set(kind, Math.max(this.#last.get(kind) ?? 0, Number(number)));
    }
  }

  /** @returns an id that is not taken */
  newId(kind: Kind): string {
    const number = (this.#last.get(kind) ?? 0) + 1;
    this.#last.set(kind, number);
    return kind + number;
  }

  /**
   * Adds a mention, with what is known of it.
   * @returns its id
   * @throws {VanerError} `ERR_VANER_DOCUMENT`, as {@link typeIn}
   */
  addMention({ type, ranges, identifiers = [], infons = {} }: Annotation): string {
    const fragments = ranges.flatMap((range) => cutAtLineEnds(range, this.#text));
    const places = fragments.map(
      ({ start, end }) => `${this.#points.toPoints(start)} ${this.#points.toPoints(end)}`,
    );
    const mention = oneLine(fragments.map(({ start, end }) => this.#text.slice(start, end)).join(" "));
    const id = this.#add("T", `${typeIn(type)} ${places.join(";")}\t${mention}`);
    for (const identifier of identifiers) {
      // brat takes the name of a knowledge base, a colon and an id.
      if (/^[^\s:]+:\S+$/.test(identifier)) this.#add("N", `Reference ${id} ${identifier}\t${mention}`);
      else this.#add("#", `${identifierNote} ${id}\t${oneLine(identifier)}`);
    }
    for (const [key, value] of Object.entries(infons)) {
      const name = key.replace(/\s+/g, "_");
      if (value === "true") this.#add("A", `${name} ${id}`);
      else if (/^\S+$/.test(value)) this.#add("A", `${name} ${id} ${value}`);
      else this.#add("#", `${name} ${id}\t${oneLine(value)}`);
    }
    return id;
  }

  #add(kind: Kind, content: string): string {
    const id = this.newId(kind);
    this.all.push(`${id}\t${content}`);
    return id;
  }
}

/**
 * A type, which ends at a space in brat's lines.
 * @throws {VanerError} `ERR_VANER_DOCUMENT` for one that is empty or has a space
 */
export function typeIn(type: string): string {
  if (/^\S+$/.test(type)) return type;
  throw new VanerError(
    "ERR_VANER_DOCUMENT",
    `brat standoff cannot hold the type ${JSON.stringify(type)}: types are not empty and have no spaces.`,
  );
}

/** The parts of a range on the lines of the text: a fragment of brat does not cross the end of one. */
function cutAtLineEnds({ start, end }: Range, text: string): Range[] {
  const fragments: Range[] = [];
  let from = start;
  for (const { 0: gap, index } of text.slice(start, end).matchAll(/[^\S\n]*\n\s*/g)) {
    if (start + index > from) fragments.push({ start: from, end: start + index });
    from = start + index + gap.length;
  }
  if (from < end) fragments.push({ start: from, end });
  return fragments.length > 0 ? fragments : [{ start, end }];
}

const oneLine = (text: string) => text.replace(/[\t\r\n]/g, " ");
