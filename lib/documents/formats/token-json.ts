import { parseTree } from "jsonc-parser";
import { VanerError } from "../../errors.js";
import type { Document } from "../document.js";
import { documentError, type Place } from "../errors.js";
import type { DocumentFormat, DocumentInput, DocumentWriter, ReadOptions } from "../format.js";
import { isBlank, type Line, linesOf, rawOf, recordsOf } from "../input/lines.js";
import { stemOf } from "../input/open.js";
import { additionsTo } from "../source.js";
import { readTag, taggedPassage } from "./conll/tags.js";
import { tagsOf, wordsOf } from "./conll/words.js";
import { parseObject } from "./json/object.js";

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
  read,
  writer: ({ annotated = false }) => new TokenJsonWriter(annotated),
};

async function* read(input: DocumentInput, options: ReadOptions): AsyncGenerator<Document, void, undefined> {
  for await (const lines of recordsOf(linesOf(input.text), () => true)) {
    let document: Document | undefined;
    try {
      document = parse(lines, input, options);
    } catch (error) {
      if (!(error instanceof VanerError)) throw error;
      options.reject(error, rawOf(lines));
    }
    if (document) yield document;
  }
}

/** Where the object starts in the raw text. */
interface Detail {
  readonly body: number;
}

function parse(
  lines: readonly Line[],
  { name, path }: DocumentInput,
  { fields, labels, requireAnnotations = false }: ReadOptions,
): Document {
  const line = lines.find((each) => !isBlank(each)) as Line;
  const raw = rawOf(lines);
  const at = { file: name, line: line.number };
  const object = parseObject(line.content.replace(/^\uFEFF/, ""), at);
  const id = object[fields?.id ?? "id"] ?? `${stemOf(path)}:${line.number}`;
  const place = { ...at, document: String(id) };
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
  const detail: Detail = { body: raw.indexOf("{") };
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

class TokenJsonWriter implements DocumentWriter {
  readonly #annotated: boolean;
  /** Whether the last line that was written has no end, as the last of a file may. */
  #open = false;

  constructor(annotated: boolean) {
    this.#annotated = annotated;
  }

  write(document: Document): string {
    const written = this.#keep(document) ?? writeAnew(document);
    const joint = this.#open ? "\n" : "";
    this.#open = !written.endsWith("\n");
    return joint + written;
  }

  end(): string {
    return "";
  }

  #keep({ id, passages, ...document }: Document): string | undefined {
    const kept = additionsTo({ id, passages, ...document }, tokenJson);
    if (!kept) return undefined;
    const { raw, detail } = kept.source;
    const added = kept.added.flat();
    if (!this.#annotated && added.length === 0) return raw;
    const { body } = detail as Detail;
    const object = parseTree(raw.slice(body));
    const words = passages.flatMap((passage) => wordsOf(passage).flat());
    const tags = JSON.stringify(tagsOf(tokenJson.title, id, words, added));
    const at = body + (object?.length ?? 0) - 1;
    return `${raw.slice(0, at)},"predicted_tags":${tags}${raw.slice(at)}`;
  }
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
