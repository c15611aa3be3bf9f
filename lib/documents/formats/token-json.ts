import { type Node, parseTree } from "jsonc-parser";
import type { Document } from "../document.js";
import { documentError, type Place } from "../errors.js";
import type { DocumentFormat, DocumentInput, ReadOptions } from "../format.js";
import { stemOf } from "../input/open.js";
import { insert } from "../insert.js";
import { newName } from "../new-name.js";
import { additionsTo } from "../source.js";
import { readTag, taggedPassage } from "./conll/tags.js";
import { tagsOf, wordsOf } from "./conll/words.js";
import { atEndOf } from "./json/append.js";
import { type JsonLine, readJsonLines } from "./json/lines.js";
import { lineWriter } from "./line-writer.js";

/**
 * JSON lines of tokens, as Hugging Face's datasets for token classification have them: `tokens`, `ner_tags`, perhaps
 * `id`. Tags are names (`B-Disease`), or numbers whose names an option gives. Text is the tokens, joined by single
 * spaces. Entities that were added are a further key, `predicted_tags`.
 */
export const tokenJson: DocumentFormat = {
  name: "hf",
  title: "JSON lines of tokens",
  extensions: ["hf.jsonl"],
  looksLike: (start) => /^\uFEFF?\s*\{[^\r\n]*"tokens"\s*:\s*\[/.test(start),
  read: (input, options) => readJsonLines(input, options.reject, (line) => parse(line, input, options)),
  writer: ({ annotated = false }) =>
    lineWriter("\n", (document) => insertInto(document, annotated) ?? writeAnew(document)),
};

/** What the writer needs of a line. */
interface Detail {
  /** Where the object starts in the raw text. */
  readonly start: number;
  /** Key of what is added. */
  readonly added: string;
}

function parse(
  { object, raw, start, number: line }: JsonLine,
  { name, path }: DocumentInput,
  { fields, labels, requireAnnotations = false }: ReadOptions,
): Document {
  const id = object[fields?.id ?? "id"] ?? `${stemOf(path)}:${line}`;
  const place = { file: name, line, document: String(id) };
  const { tokens, ner_tags: tags = requireAnnotations ? undefined : [] } = object;
  if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === "string" && token !== "")) {
    throw documentError(place, '"tokens" must be an array of strings, none of them empty.');
  }
  if (!Array.isArray(tags) || (tags.length > 0 && tags.length !== tokens.length)) {
    throw documentError(place, '"ner_tags" must be an array with a tag for each token.');
  }
  const words = tokens.map((word: string, index) => ({
    word,
    tag: tagOf(tags[index] ?? "O", labels, place),
  }));
  const read = { passages: [taggedPassage(words.length > 0 ? [words] : [])] };
  const detail: Detail = { start, added: newName("predicted_tags", Object.keys(object)) };
  return { id: String(id), ...read, source: { format: tokenJson, raw, read, detail } };
}

function tagOf(tag: unknown, labels: readonly string[] | undefined, place: Place) {
  if (typeof tag === "number" && !labels) {
    throw documentError(
      place,
      "tags are numbers: say what they mean, in their order, for example O,B-Disease,I-Disease.",
    );
  }
  const name = typeof tag === "number" ? labels?.[tag] : tag;
  const read = typeof name === "string" ? readTag(name) : undefined;
  if (read) return read;
  throw documentError(
    place,
    `${JSON.stringify(tag)} is not a tag. Tags are O, or B, I, E, S, L, U with "-" and a type.`,
  );
}

/** The document as its file has it, with the tags of what was added; undefined if it has to be written anew. */
function insertInto(document: Document, annotated: boolean): string | undefined {
  const kept = additionsTo(document, tokenJson);
  if (!kept) return undefined;
  const { raw, detail } = kept.source;
  const added = kept.added.flat();
  if (!annotated && added.length === 0) return raw;
  const { start, added: key } = detail as Detail;
  const words = document.passages.flatMap((passage) => wordsOf(passage).flat());
  const tags = JSON.stringify(tagsOf(tokenJson.title, document.id, words, added));
  const object = raw.slice(start);
  const piece = `,${JSON.stringify(key)}:${tags}`;
  return raw.slice(0, start) + insert(object, [atEndOf(parseTree(object) as Node, piece)]);
}

/** A line for each passage's sentence: that is what the datasets have. */
function writeAnew({ id, passages }: Document): string {
  const lines = passages.flatMap((passage) => {
    const sentences = wordsOf(passage);
    const tags = tagsOf(tokenJson.title, id, sentences.flat(), passage.annotations);
    let first = 0;
    return sentences.map((words) => {
      const own = tags.slice(first, first + words.length);
      first += words.length;
      const tokens = words.map(({ start, end }) => passage.text.slice(start, end));
      return JSON.stringify({ id, tokens, ner_tags: own });
    });
  });
  return lines.map((line) => `${line}\n`).join("");
}
