import type { Annotation, Document } from "../../document.js";
import { joinPassages, shift, startsOf } from "../json/entities.js";
import { AnnotationLines } from "./lines.js";
import { addRelations } from "./relations.js";

/**
 * The lines of annotations, with those of added ones behind them.
 * @param before the `.ann` file as it is
 * @throws {VanerError} `ERR_VANER_DOCUMENT` for a type that brat cannot hold
 */
export function appendAnnotations(before: string, text: string, added: readonly Annotation[]): string {
  if (added.length === 0) return before;
  const lineEnd = before.includes("\r\n") ? "\r\n" : "\n";
  const joint = before === "" || before.endsWith("\n") ? "" : lineEnd; // the last line of a file may have no end
  const lines = new AnnotationLines(text, before);
  for (const annotation of added) lines.addMention(annotation);
  return before + joint + lines.all.map((line) => line + lineEnd).join("");
}

/**
 * The files of a document of another format: its text, with a blank line between passages, and its annotations.
 * @throws {VanerError} `ERR_VANER_DOCUMENT` for a type that brat cannot hold
 */
export function writeAnew(document: Document): readonly [text: string, annotations: string] {
  const { passages, relations = [] } = document;
  const text = joinPassages(document);
  const lines = new AnnotationLines(text);
  const starts = startsOf(passages);
  const ids = new Map<string, string>();
  for (const [index, passage] of passages.entries()) {
    for (const annotation of passage.annotations) {
      const id = lines.addMention({ ...annotation, ranges: shift(annotation.ranges, starts[index] ?? 0) });
      if (annotation.id !== undefined) ids.set(annotation.id, id);
    }
  }
  addRelations(lines, relations, ids);
  return [text, lines.all.map((line) => `${line}\n`).join("")];
}
