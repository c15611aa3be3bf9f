import { describe, VanerError } from "../../../errors.js";
import type { Document } from "../../document.js";
import type { DocumentFormat, DocumentWriter, WriteOptions } from "../../format.js";
import { isBlank } from "../../input/lines.js";
import { additionsTo } from "../../source.js";
import { lineWriter } from "../line-writer.js";
import { type ConllDetail, idOf } from "./columns.js";
import { tagsOf, wordsOf } from "./words.js";

/**
 * Writes CoNLL. Documents of other formats are cut into words and sentences as this library reads them.
 * @param spell writes an IOB2 tag as the format has it
 */
export function conllWriter(
  format: DocumentFormat,
  { annotated = false }: WriteOptions,
  spell: SpellTag = (tag) => tag,
): DocumentWriter {
  return lineWriter("\n\n", (document) => {
    return insertInto(document, format, annotated, spell) ?? writeAnew(document, spell);
  });
}

type SpellTag = (tag: string) => string;

/** The document as its file has it, with a column of what was added; undefined if it has to be written anew. */
function insertInto(
  document: Document,
  format: DocumentFormat,
  annotated: boolean,
  spell: SpellTag,
): string | undefined {
  const kept = additionsTo(document, format);
  if (!kept) return undefined;
  const added = kept.added.flat();
  if (!annotated && added.length === 0) return kept.source.raw;
  const [passage] = document.passages;
  const words = passage ? wordsOf(passage).flat() : [];
  const tags = tagsOf("CoNLL", document.id, words, added).map(spell);
  let word = 0;
  const lines = (kept.source.detail as ConllDetail).lines.map((line) => {
    const { content, end } = line;
    if (isBlank(line) || idOf(content.replace(/^\uFEFF/, "")) !== undefined) return content + end;
    return `${content}${content.includes("\t") ? "\t" : " "}${cell(tags[word++])}${end}`;
  });
  return lines.join("");
}

function writeAnew({ id, passages }: Document, spell: SpellTag): string {
  const sentences = passages.flatMap((passage) => {
    const words = wordsOf(passage);
    const tags = tagsOf("CoNLL", id, words.flat(), passage.annotations).map(spell);
    let next = 0;
    return words.map((sentence) =>
      sentence
        .map(({ start, end }) => `${cell(passage.text.slice(start, end))}\t${cell(tags[next++])}\n`)
        .join(""),
    );
  });
  return `# id = ${id.replace(/\s/g, " ")}\n\n${sentences.map((sentence) => `${sentence}\n`).join("")}`;
}

/** @throws {VanerError} `ERR_VANER_DOCUMENT` for what would become more cells, or more lines */
function cell(value = ""): string {
  if (!/[\t\r\n]/.test(value)) return value;
  throw new VanerError(
    "ERR_VANER_DOCUMENT",
    `CoNLL cannot hold ${describe(value)}, which has a tab or line break: write JSON lines.`,
  );
}
