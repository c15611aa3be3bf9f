import type { Document, Infons } from "../../document.js";
import type { DocumentFormat, RejectAnnotation } from "../../format.js";
import { parseRecords } from "../../parse-records.js";
import { childOf, childrenOf, textOf } from "../xml/elements.js";
import { type XmlElement, type XmlRecord, xmlRecords } from "../xml/records.js";
import { type BiocAnnotation, BiocError, type BiocPart, type BiocRelation, readBioc } from "./bioc.js";
import { type BiocXmlDetail, BiocXmlWriter, type InsertPlace } from "./bioc-xml-writer.js";
import { readPlaced } from "./placed.js";

/**
 * BioC XML: a collection of documents. Passages may have a text or sentences. The DTD is never fetched.
 */
export const biocXml: DocumentFormat = {
  name: "bioc-xml",
  title: "BioC XML",
  extensions: ["bioc.xml", "xml"],
  looksLike: (start) => /<!DOCTYPE\s+collection\b|<collection[\s>]/.test(start),
  read: (input, { reject, rejectAnnotation }) =>
    parseRecords(
      xmlRecords(input, "document"),
      (record) => parse(record, input.name, rejectAnnotation),
      (error, { raw }) => reject(error, raw),
    ),
  writer: () => new BiocXmlWriter(biocXml),
};

function parse(
  { element, raw, file, line }: XmlRecord,
  name: string,
  rejectAnnotation?: RejectAnnotation,
): Document {
  const id = textOfChild(element, "id");
  const parts = childrenOf(element, "passage");
  return readPlaced({ file: name, line, document: id }, rejectAnnotation, (reject) => {
    const given = {
      id,
      infons: infonsOf(element),
      passages: parts.map(partOf),
      relations: relationsOf(element),
    };
    const { unit, ...read } = readBioc(given, reject);
    const passages = parts.map((part) => ({ offset: offsetOf(part), places: placesOf(part, raw) }));
    const detail: BiocXmlDetail = { file, unit, passages };
    return { id, ...read, source: { format: biocXml, raw, read, detail } };
  });
}

function partOf(element: XmlElement): BiocPart {
  const text = childOf(element, "text");
  const sentences = childrenOf(element, "sentence");
  return {
    offset: offsetOf(element),
    infons: infonsOf(element),
    text: text ? textOf(text) : sentences.length > 0 ? undefined : "",
    sentences: sentences.map(partOf),
    annotations: childrenOf(element, "annotation").map(annotationOf),
    relations: relationsOf(element),
  };
}

function annotationOf(element: XmlElement): BiocAnnotation {
  const text = childOf(element, "text");
  return {
    id: element.attributes["id"] ?? "",
    infons: infonsOf(element),
    locations: childrenOf(element, "location").map(({ attributes }) => ({
      offset: numberOf(attributes["offset"], "offset"),
      length: numberOf(attributes["length"], "length"),
    })),
    text: text && textOf(text),
  };
}

function relationsOf(element: XmlElement): BiocRelation[] {
  return childrenOf(element, "relation").map((relation) => ({
    id: relation.attributes["id"] ?? "",
    infons: infonsOf(relation),
    nodes: childrenOf(relation, "node").map(({ attributes }) => ({
      refid: attributes["refid"] ?? "",
      role: attributes["role"] ?? "",
    })),
  }));
}

function infonsOf(element: XmlElement): Infons {
  const pairs = childrenOf(element, "infon").map((infon) => [infon.attributes["key"] ?? "", textOf(infon)]);
  return Object.fromEntries(pairs);
}

const textOfChild = (element: XmlElement, name: string) => {
  const child = childOf(element, name);
  return child ? textOf(child).trim() : "";
};

const offsetOf = (element: XmlElement) => numberOf(textOfChild(element, "offset"), "offset");

function numberOf(text: string | undefined, name: string): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw new BiocError(`"${name}" must be a whole number, not ${JSON.stringify(text ?? "")}.`);
}

/** Where annotations go: behind the others of their sentence or passage. */
function placesOf(passage: XmlElement, raw: string): InsertPlace[] {
  const sentences = childrenOf(passage, "sentence");
  return (sentences.length > 0 ? sentences : [passage]).map((part) => {
    const last = childrenOf(part, "infon", "offset", "text", "annotation").at(-1) ?? part;
    const before = raw.slice(0, last.start);
    return { from: offsetOf(part), at: last.end, indent: before.slice(before.trimEnd().length) };
  });
}
