import { CodePoints } from "../../code-points.js";
import type { Document } from "../../document.js";
import type { DocumentFormat, DocumentWriter } from "../../format.js";
import { joinPassages } from "../json/entities.js";
import { marksOf } from "./marks.js";

/**
 * What spaCy's displaCy draws with `manual=True`: an array of `text`, `ents` (`start`, `end`, `label`, by start) and
 * `title`, the id. Offsets count code points, as Python does. Each part of a discontinuous mention is an entity.
 *
 * Source: https://spacy.io/usage/visualizers#manual-usage
 */
export const displacy: DocumentFormat = {
  name: "displacy",
  title: "displaCy JSON",
  extensions: ["displacy.json"],
  writer: () => new DisplacyWriter(),
};

class DisplacyWriter implements DocumentWriter {
  #begun = false;

  write(document: Document): string {
    const before = this.#begun ? ",\n" : "[\n";
    this.#begun = true;
    return before + JSON.stringify(pictureOf(document));
  }

  end(): string {
    return this.#begun ? "\n]\n" : "[]\n";
  }
}

function pictureOf(document: Document) {
  const text = joinPassages(document);
  const points = new CodePoints(text);
  const ents = marksOf(document).map(({ start, end, type }) => ({
    start: points.toPoints(start),
    end: points.toPoints(end),
    label: type,
  }));
  return { text, ents, title: document.id };
}
