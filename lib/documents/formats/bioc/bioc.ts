import {
  type Annotation,
  type Document,
  type Infons,
  mentionOf,
  type Passage,
  type Range,
  type Relation,
} from "../../document.js";
import { type OffsetUnit, type OffsetUnits, offsetUnits, unitsOf } from "./units.js";

// BioC as its XML and JSON have it: https://bioc.sourceforge.net/ (Comeau et al. 2013). Offsets are in the document.

export interface BiocAnnotation {
  readonly id: string;
  readonly infons: Infons;
  readonly locations: readonly { readonly offset: number; readonly length: number }[];
  readonly text: string | undefined;
}

export interface BiocRelation {
  readonly id: string;
  readonly infons: Infons;
  readonly nodes: readonly { readonly refid: string; readonly role: string }[];
}

/** A passage, or a sentence of one. */
export interface BiocPart {
  readonly offset: number;
  readonly infons: Infons;
  /** Undefined if the passage has sentences. */
  readonly text: string | undefined;
  readonly sentences: readonly BiocPart[];
  readonly annotations: readonly BiocAnnotation[];
  readonly relations: readonly BiocRelation[];
}

export interface BiocDocument {
  readonly id: string;
  readonly infons: Infons;
  readonly passages: readonly BiocPart[];
  readonly relations: readonly BiocRelation[];
}

/** Infon keys that name the concepts of a mention. */
const identifierKeys = ["identifier", "identifiers"];

/** What a BioC document is in terms of this library, and what its offsets count. */
export interface ReadBioc {
  readonly passages: readonly Passage[];
  readonly relations: readonly Relation[];
  readonly infons: Infons;
  readonly unit: OffsetUnit;
}

/**
 * Reads a document. The first unit counts in which all mentions are the texts at their offsets.
 * @param reject takes the annotations that are not, in the unit in which they are fewest
 * @throws {BiocError} with the first mention that is not, without `reject`
 */
export function readBioc(document: BiocDocument, reject?: (error: BiocError) => void): ReadBioc {
  let problem: unknown;
  let best: { readonly read: ReadBioc; readonly misfits: readonly BiocError[] } | undefined;
  for (const unit of offsetUnits) {
    try {
      const misfits: BiocError[] = [];
      const read = readIn(document, unit, misfits);
      if (misfits.length === 0) return read;
      problem ??= misfits[0];
      if (!best || misfits.length < best.misfits.length) best = { read, misfits };
    } catch (error) {
      if (!(error instanceof BiocError)) throw error;
      problem ??= error;
    }
  }
  if (!best || !reject) throw problem;
  for (const misfit of best.misfits) reject(misfit);
  return best.read;
}

function readIn(
  { passages, relations, infons }: BiocDocument,
  unit: OffsetUnit,
  misfits: BiocError[],
): ReadBioc {
  const all = passages.flatMap((part) => [part, ...part.sentences]).flatMap((part) => part.relations);
  return {
    passages: passages.map((part) => passageOf(part, unit, misfits)),
    relations: [...all, ...relations].map(relationOf),
    infons,
    unit,
  };
}

/** What contradicts itself in a document. */
export class BiocError extends Error {}

function passageOf(part: BiocPart, unit: OffsetUnit, misfits: BiocError[]): Passage {
  const text = part.text ?? joinSentences(part, unit);
  const units = unitsOf(text, unit);
  const annotations = [part, ...part.sentences].flatMap((each) => each.annotations);
  const fit = annotations.flatMap((each) => {
    try {
      return [annotationOf(each, text, part.offset, units)];
    } catch (error) {
      if (!(error instanceof BiocError)) throw error;
      misfits.push(error);
      return [];
    }
  });
  const { type = "", ...infons } = part.infons;
  return {
    type,
    text,
    infons,
    annotations: fit,
  };
}

/** The sentences at their offsets, with spaces between them. */
function joinSentences({ offset, sentences }: BiocPart, unit: OffsetUnit): string {
  let text = "";
  let length = 0; // in the unit
  let room = mostBetweenSentences; // for spaces: as many again as the sentences have characters
  for (const sentence of sentences) {
    const gap = sentence.offset - offset - length;
    room -= gap;
    if (gap < 0 || room < 0) {
      throw new BiocError(`the sentence at offset ${sentence.offset} is not behind the one before it.`);
    }
    const own = sentence.text ?? "";
    const ownLength = unitsOf(own, unit).fromUnits(own.length);
    text += " ".repeat(gap) + own;
    length += gap + ownLength;
    room += ownLength;
  }
  return text;
}

/** More characters than this between sentences are wrong offsets. Sentences make room for as many as they have. */
const mostBetweenSentences = 10_000;

function annotationOf(
  { id, infons, locations, text: mention }: BiocAnnotation,
  text: string,
  offset: number,
  units: OffsetUnits,
): Annotation {
  const ranges = locations.map((location): Range => {
    const start = units.toUnits(location.offset - offset);
    const end = units.toUnits(location.offset - offset + location.length);
    if (start === undefined || end === undefined || !(start < end)) {
      throw new BiocError(`${location.length} at offset ${location.offset} is not within its passage.`);
    }
    return { start, end };
  });
  if (ranges.length === 0) throw new BiocError(`the annotation ${JSON.stringify(id)} has no location.`);
  ranges.sort((a, b) => a.start - b.start);
  const found = mentionOf({ text }, { ranges });
  // How the parts of a discontinuous mention are joined is not laid down.
  if (mention !== undefined && ranges.length === 1 && mention.trim() !== found.trim()) {
    const [expected, actual] = [JSON.stringify(mention), JSON.stringify(found)];
    throw new BiocError(`${expected} is not the text at offset ${locations[0]?.offset}, which is ${actual}.`);
  }
  const { type = "", ...rest } = infons;
  const named = identifierKeys.flatMap((key) => rest[key]?.split(/[;,|]/) ?? []);
  const identifiers = named.map((name) => name.trim()).filter((name) => name !== "" && name !== "-");
  const score = Number(rest["score"] ?? Number.NaN);
  return {
    id,
    type,
    ranges,
    identifiers,
    ...(score >= 0 && score <= 1 ? { score } : {}),
    infons: without(rest),
  };
}

/** Infons without those that have a place of their own. */
function without(infons: Infons): Infons {
  const own = ["score", ...identifierKeys];
  return Object.fromEntries(Object.entries(infons).filter(([key]) => !own.includes(key)));
}

function relationOf({ id, infons: { type = "", ...infons }, nodes }: BiocRelation): Relation {
  return { id, type, infons, arguments: nodes.map(({ refid, role }) => ({ role, reference: refid })) };
}

/** A document of another format as BioC, with offsets in code points and one between passages. */
export function writeBioc({ id, passages, relations = [], infons = {} }: Document): BiocDocument {
  const ids = new Ids(passages.flatMap(({ annotations }) => annotations));
  let offset = 0;
  const parts = passages.map((passage): BiocPart => {
    const units = unitsOf(passage.text, "points");
    const start = offset;
    offset += units.fromUnits(passage.text.length) + 1;
    return {
      offset: start,
      infons: { ...(passage.type === "" ? {} : { type: passage.type }), ...passage.infons },
      text: passage.text,
      sentences: [],
      annotations: passage.annotations.map((each) => toBioc(each, passage, start, units, ids)),
      relations: [],
    };
  });
  const written = relations.map((relation, index) => ({
    id: relation.id ?? `R${index}`,
    infons: { type: relation.type, ...relation.infons },
    nodes: relation.arguments.map(({ role, reference }) => ({ refid: reference, role })),
  }));
  return { id, infons, passages: parts, relations: written };
}

/** An annotation as BioC. @param offset of its passage */
export function toBioc(
  annotation: Annotation,
  passage: Passage,
  offset: number,
  units: OffsetUnits,
  ids: Ids,
): BiocAnnotation {
  const { type, ranges, score, identifiers = [], infons } = annotation;
  return {
    id: annotation.id ?? ids.next(),
    infons: {
      type,
      ...(identifiers.length > 0 ? { identifier: identifiers.join(";") } : {}),
      ...(score === undefined ? {} : { score: String(score) }),
      ...infons,
    },
    locations: ranges.map(({ start, end }) => {
      const from = units.fromUnits(start);
      return { offset: offset + from, length: units.fromUnits(end) - from };
    }),
    text: mentionOf(passage, annotation),
  };
}

/** Gives ids to the annotations that have none: T1, T2, …, without those that are taken. */
export class Ids {
  readonly #taken: ReadonlySet<string | undefined>;
  #last = 0;

  constructor(annotations: readonly Annotation[]) {
    this.#taken = new Set(annotations.map(({ id }) => id));
  }

  next(): string {
    do this.#last++;
    while (this.#taken.has(`T${this.#last}`));
    return `T${this.#last}`;
  }
}
