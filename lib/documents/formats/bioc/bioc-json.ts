import { parseTree } from "jsonc-parser";
import type { Document, Infons } from "../../document.js";
import type { DocumentFormat, DocumentWriter, RejectAnnotation } from "../../format.js";
import { insert } from "../../insert.js";
import { parseRecords } from "../../parse-records.js";
import { additionsTo } from "../../source.js";
import { appendTo } from "../json/append.js";
import { parseObject } from "../json/object.js";
import { type JsonFile, type JsonRecord, jsonRecords } from "../json/records.js";
import {
  type BiocAnnotation,
  type BiocDocument,
  BiocError,
  type BiocPart,
  type BiocRelation,
  Ids,
  readBioc,
  toBioc,
  writeBioc,
} from "./bioc.js";
import { readPlaced } from "./placed.js";
import { type OffsetUnit, unitsOf } from "./units.js";

/** BioC JSON: a collection of documents, as PubTator 3 and PubMed Central give it. */
export const biocJson: DocumentFormat = {
  name: "bioc-json",
  title: "BioC JSON",
  extensions: ["bioc.json", "json"],
  looksLike: (start) => /^\uFEFF?\s*(\[\s*\{.*"passages"|\{.*"(documents|PubTator3)")\s*:\s*\[/s.test(start),
  read: (input, { reject, rejectAnnotation }) =>
    parseRecords(
      jsonRecords(input, arrayKeys),
      (record) => parse(record, input.name, rejectAnnotation),
      (error, { raw }) => reject(error, raw),
    ),
  writer: () => new BiocJsonWriter(),
};

/** Keys of the array of documents: BioC's own, and that of PubTator 3. */
const arrayKeys = ["documents", "PubTator3"];

/** What a writer needs to insert annotations into a document's raw text. */
interface Detail {
  readonly file: JsonFile;
  /** Where the object starts in the raw text. */
  readonly start: number;
  readonly unit: OffsetUnit;
  readonly offsets: readonly number[];
}

function parse(
  { file, raw, start, line }: JsonRecord,
  name: string,
  rejectAnnotation?: RejectAnnotation,
): Document {
  const object = parseObject(raw.slice(start), { file: name, line });
  const id = String(object["id"] ?? object["_id"] ?? "");
  return readPlaced({ file: name, line, document: id }, rejectAnnotation, (reject) => {
    const parts = listOf(object["passages"]).map(partOf);
    const relations = listOf(object["relations"]).map(relationOf);
    const { unit, ...read } = readBioc({ id, infons: infonsOf(object), passages: parts, relations }, reject);
    const detail: Detail = { file, start, unit, offsets: parts.map(({ offset }) => offset) };
    return { id, ...read, source: { format: biocJson, raw, read, detail } };
  });
}

type JsonObject = Readonly<Record<string, unknown>>;

const asObject = (value: unknown): JsonObject => Object(value);

function listOf(value: unknown): JsonObject[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw new BiocError("passages, sentences, annotations, locations and nodes are arrays.");
  return value.map(asObject);
}

function partOf(part: JsonObject): BiocPart {
  const sentences = listOf(part["sentences"]).map(partOf);
  const { text } = part;
  return {
    offset: numberOf(part["offset"], "offset"),
    infons: infonsOf(part),
    text:
      typeof text === "string" && !(text === "" && sentences.length > 0)
        ? text
        : sentences.length > 0
          ? undefined
          : "",
    sentences,
    annotations: listOf(part["annotations"]).map(annotationOf),
    relations: listOf(part["relations"]).map(relationOf),
  };
}

function annotationOf(annotation: JsonObject): BiocAnnotation {
  const { id, text } = annotation;
  return {
    id: String(id ?? ""),
    infons: infonsOf(annotation),
    locations: listOf(annotation["locations"]).map(({ offset, length }) => ({
      offset: numberOf(offset, "offset"),
      length: numberOf(length, "length"),
    })),
    text: typeof text === "string" ? text : undefined,
  };
}

function relationOf(relation: JsonObject): BiocRelation {
  const nodes = listOf(relation["nodes"]).map(({ refid, role }) => ({
    refid: String(refid ?? ""),
    role: String(role ?? ""),
  }));
  return { id: String(relation["id"] ?? ""), infons: infonsOf(relation), nodes };
}

/** Infons as strings; values that are null are left out. */
function infonsOf({ infons }: JsonObject): Infons {
  const pairs = Object.entries(asObject(infons)).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(
    pairs.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function numberOf(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new BiocError(`"${name}" must be a whole number, not ${JSON.stringify(value)}.`);
}

const header = '{"source":"","date":"","key":"","infons":{},"documents":[';
const footer = "\n]}\n";

/** Writes a collection: with the header and the end of the file where the documents come from, if that is BioC JSON. */
class BiocJsonWriter implements DocumentWriter {
  /** Where the header comes from; `own` if it is ours. */
  #collection: JsonFile | "own" | undefined;

  write(document: Document): string {
    const kept = additionsTo(document, biocJson);
    if (!kept) return this.#follow("own", "\n", JSON.stringify(collectionObject(writeBioc(document))));
    const { raw, detail } = kept.source;
    const { file, start, unit, offsets } = detail as Detail;
    const object = raw.slice(start);
    const tree = kept.added.some((added) => added.length > 0) ? parseTree(object) : undefined;
    const ids = new Ids(document.passages.flatMap(({ annotations }) => annotations));
    const insertions = kept.added.flatMap((annotations, index) => {
      const passage = document.passages[index];
      if (!tree || !passage || annotations.length === 0) return [];
      const units = unitsOf(passage.text, unit);
      const written = annotations.map((each) => toBioc(each, passage, offsets[index] ?? 0, units, ids));
      return appendTo(tree, ["passages", index], "annotations", written);
    });
    return this.#follow(file, raw.slice(0, start), insert(object, insertions));
  }

  end(more = false): string {
    if (this.#collection === undefined) return header + footer;
    if (this.#collection === "own") return footer;
    const { header: start = header, footer: end } = this.#collection;
    const isArray = /^\uFEFF?\s*\[/.test(start);
    return (more ? undefined : end) ?? (isArray ? "\n]\n" : footer);
  }

  /** @param gap what stands in front of the object where it comes from */
  #follow(collection: JsonFile | "own", gap: string, object: string): string {
    const isFirst = this.#collection === undefined;
    this.#collection ??= collection;
    if (!isFirst) return (gap.includes(",") ? gap : `,${gap}`) + object;
    return (collection === "own" ? header : (collection.header ?? header)) + gap.replace(",", "") + object;
  }
}

/** As BioC JSON has it, with all its keys. */
function collectionObject({ id, infons, passages, relations }: BiocDocument) {
  return {
    id,
    infons,
    passages: passages.map((part) => ({
      offset: part.offset,
      infons: part.infons,
      text: part.text,
      sentences: [],
      annotations: part.annotations,
      relations: [],
    })),
    annotations: [],
    relations,
  };
}
