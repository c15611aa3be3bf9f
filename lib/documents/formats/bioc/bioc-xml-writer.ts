import type { Document } from "../../document.js";
import type { DocumentFormat, DocumentWriter } from "../../format.js";
import { insert } from "../../insert.js";
import { additionsTo } from "../../source.js";
import { escapeXml } from "../xml/elements.js";
import type { XmlFile } from "../xml/records.js";
import {
  type BiocAnnotation,
  type BiocDocument,
  type BiocPart,
  type BiocRelation,
  Ids,
  toBioc,
  writeBioc,
} from "./bioc.js";
import { type OffsetUnit, unitsOf } from "./units.js";

/** What the reader keeps, so that annotations can be inserted into a document's raw text. */
export interface BiocXmlDetail {
  readonly file: XmlFile;
  readonly unit: OffsetUnit;
  /** Of each passage: its offset, and where annotations are inserted, by their start. */
  readonly passages: readonly { readonly offset: number; readonly places: readonly InsertPlace[] }[];
}

/** Where the annotations of a part of a passage are inserted: those that start at `from` or behind it. */
export interface InsertPlace {
  /** In the units of the file's offsets. */
  readonly from: number;
  /** Position in the raw text. */
  readonly at: number;
  /** White space in front of the elements there. */
  readonly indent: string;
}

const header =
  '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE collection SYSTEM "BioC.dtd">\n' +
  "<collection><source></source><date></date><key></key>";
const footer = "\n</collection>\n";

/** Writes a collection: with the header and the end of the file where the documents come from, if that is BioC XML. */
export class BiocXmlWriter implements DocumentWriter {
  readonly #format: DocumentFormat;
  /** Where the header comes from; `own` if it is ours. */
  #collection: XmlFile | "own" | undefined;

  constructor(format: DocumentFormat) {
    this.#format = format;
  }

  write(document: Document): string {
    const kept = additionsTo(document, this.#format);
    if (!kept) return `${this.#begin("own")}\n${documentElement(writeBioc(document))}`;
    const detail = kept.source.detail as BiocXmlDetail;
    const start = this.#begin(detail.file);
    const ids = new Ids(document.passages.flatMap(({ annotations }) => annotations));
    const insertions = kept.added.flatMap((annotations, index) => {
      const passage = document.passages[index];
      const { offset, places } = detail.passages[index] ?? { offset: 0, places: [] };
      if (!passage) return [];
      const units = unitsOf(passage.text, detail.unit);
      return annotations.map((annotation) => {
        const written = toBioc(annotation, passage, offset, units, ids);
        const from = written.locations[0]?.offset ?? 0;
        const place = places.findLast((each) => each.from <= from) ?? places[0];
        return { at: place?.at ?? 0, piece: (place?.indent ?? "") + annotationElement(written) };
      });
    });
    return start + insert(kept.source.raw, insertions);
  }

  end(more = false): string {
    if (this.#collection === undefined) return header + footer;
    if (this.#collection === "own") return footer;
    const { footer: end, around } = this.#collection;
    return (
      (more ? undefined : end) ??
      around
        .map((name) => `</${name}>`)
        .reverse()
        .join("")
    );
  }

  /** The header, in front of the first document. */
  #begin(collection: XmlFile | "own"): string {
    if (this.#collection !== undefined) return "";
    this.#collection = collection;
    return collection === "own" ? header : inUtf8(collection.header ?? header);
  }
}

/** A header whose declaration says in which encoding it is written. */
const inUtf8 = (text: string) =>
  text.replace(/^(\uFEFF?<\?xml[^>]*?\sencoding=["'])([^"'>]*)/, (_all, before) => `${before}UTF-8`);

function documentElement({ id, infons, passages, relations }: BiocDocument): string {
  const content = [infonElements(infons), ...passages.map(passageElement), ...relations.map(relationElement)];
  return `<document><id>${escapeXml(id)}</id>${content.join("")}</document>`;
}

function passageElement({ offset, infons, text = "", annotations }: BiocPart): string {
  const content = `<offset>${offset}</offset><text>${escapeXml(text)}</text>`;
  return `<passage>${infonElements(infons)}${content}${annotations.map(annotationElement).join("")}</passage>`;
}

function annotationElement({ id, infons, locations, text = "" }: BiocAnnotation): string {
  const places = locations.map(({ offset, length }) => `<location offset="${offset}" length="${length}"/>`);
  const content = infonElements(infons) + places.join("");
  return `<annotation id="${escapeXml(id)}">${content}<text>${escapeXml(text)}</text></annotation>`;
}

function relationElement({ id, infons, nodes }: BiocRelation): string {
  const content = nodes.map(
    ({ refid, role }) => `<node refid="${escapeXml(refid)}" role="${escapeXml(role)}"/>`,
  );
  return `<relation id="${escapeXml(id)}">${infonElements(infons)}${content.join("")}</relation>`;
}

const infonElements = (infons: Readonly<Record<string, string>>) =>
  Object.entries(infons)
    .map(([key, value]) => `<infon key="${escapeXml(key)}">${escapeXml(value)}</infon>`)
    .join("");
