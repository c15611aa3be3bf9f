import { VanerError } from "../../../errors.js";
import { segment } from "../../../text/segment.js";
import type { Annotation, Document, Passage, Range } from "../../document.js";
import type { DocumentFormat, DocumentWriter, WriteOptions } from "../../format.js";
import { isBlank } from "../../input/lines.js";
import { additionsTo } from "../../source.js";
import { type ConllDetail, idOf } from "./columns.js";
import { tagsFor } from "./tags.js";

/** Writes CoNLL. Documents of other formats are cut into words and sentences as this library reads them. */
export class ConllWriter implements DocumentWriter {
  readonly #format: DocumentFormat;
  readonly #annotated: boolean;
  /** Whether the last line that was written has no end, as the last of a file may. */
  #open = false;

  constructor(format: DocumentFormat, { annotated = false }: WriteOptions) {
    this.#format = format;
    this.#annotated = annotated;
  }

  write(document: Document): string {
    const written = this.#keep(document) ?? writeAnew(document);
    const joint = this.#open ? "\n\n" : "";
    this.#open = !written.endsWith("\n");
    return joint + written;
  }

  end(): string {
    return "";
  }

  /** The document as its file has it, with a column of what was added; undefined if it has to be written anew. */
  #keep(document: Document): string | undefined {
    const kept = additionsTo(document, this.#format);
    if (!kept) return undefined;
    const added = kept.added.flat();
    if (!this.#annotated && added.length === 0) return kept.source.raw;
    const [passage] = document.passages;
    const words = passage ? wordsOf(passage).flat() : [];
    const tags = tagsOf(document.id, words, added);
    let word = 0;
    const lines = (kept.source.detail as ConllDetail).lines.map((line) => {
      const { content, end } = line;
      if (isBlank(line) || idOf(content.replace(/^\uFEFF/, "")) !== undefined) return content + end;
      return `${content}${content.includes("\t") ? "\t" : " "}${tags[word++]}${end}`;
    });
    return lines.join("");
  }
}

function writeAnew({ id, passages }: Document): string {
  const sentences = passages.flatMap((passage) => {
    const words = wordsOf(passage);
    const tags = tagsOf(id, words.flat(), passage.annotations);
    let next = 0;
    return words.map((sentence) =>
      sentence.map(({ start, end }) => `${passage.text.slice(start, end)}\t${tags[next++]}\n`).join(""),
    );
  });
  return `# id = ${id.replace(/\s/g, " ")}\n\n${sentences.map((sentence) => `${sentence}\n`).join("")}`;
}

/** The words of each sentence, as parts of the passage's text. */
function wordsOf({ text, sentences: given }: Passage): Range[][] {
  const { bounds, sentences } = segment(text, given && { words: given.flat(), sentences: startsOf(given) });
  return sentences.slice(1).map((end, index) => {
    const first = sentences[index] ?? 0;
    return Array.from({ length: end - first }, (_, word) => ({
      start: bounds[2 * (first + word)] ?? 0,
      end: bounds[2 * (first + word) + 1] ?? 0,
    }));
  });
}

/** [n_sentences + 1] index of each sentence's first word. */
function startsOf(sentences: readonly (readonly string[])[]): number[] {
  const starts = [0];
  for (const [index, words] of sentences.entries()) starts.push((starts[index] ?? 0) + words.length);
  return starts;
}

function tagsOf(id: string, words: readonly Range[], annotations: readonly Annotation[]): string[] {
  const mentions = annotations.flatMap(({ type, ranges }) => ranges.map((range) => ({ ...range, type })));
  const tags = tagsFor(words, mentions);
  if (tags) return tags;
  throw new VanerError(
    "ERR_VANER_DOCUMENT",
    `CoNLL cannot hold the document ${JSON.stringify(id)}: entities overlap. Resolve overlaps, or write another format.`,
  );
}
