import type { Document } from "../../document.js";
import type { DocumentFormat, DocumentWriter } from "../../format.js";
import { joinPassages, startsOf } from "../json/entities.js";
import { checkOverlaps } from "./drawn-marks.js";
import { escapeMarkup, inLanes, type LanedMark, marksOf, palette, piecesOf, TypeColours } from "./marks.js";

/**
 * A page that shows texts with their entities. It needs no script and loads nothing. Mentions that share text are
 * underlined in lanes; places, scores and identifiers appear on hover.
 */
export const html: DocumentFormat = {
  name: "html",
  title: "HTML",
  extensions: ["html", "htm"],
  // The colours of types depend on the documents before.
  resumable: false,
  writer: () => new HtmlWriter(),
};

/** Between the lanes of underlines, in pixels. */
const laneHeight = 5;

const colours = palette.map((colour, index) => `.c${index}{--c:${colour}}`).join("\n");

const header = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Entities</title>
<style>
:root{color-scheme:light dark}
body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif}
article{margin-bottom:3rem;unicode-bidi:isolate}
h2{font-size:1rem;break-after:avoid}
h3{font-size:.75rem;font-weight:normal;opacity:.75;margin:1rem 0 0;break-after:avoid}
p{margin:.25rem 0 1rem;white-space:pre-wrap;overflow-wrap:anywhere;orphans:2;widows:2;
  line-height:calc(1.9em + var(--lanes,0)*${laneHeight}px)}
mark{background:none;color:inherit;border-bottom:3px solid var(--c);
  padding-bottom:calc(var(--lane,0)*${laneHeight}px);
  -webkit-print-color-adjust:exact;print-color-adjust:exact}
@supports (color:color-mix(in srgb,red 20%,transparent)){
mark{background:color-mix(in srgb,var(--c) 20%,transparent)}
}
small{font-size:.65em;font-weight:600;margin:0 .3em;padding:.1em .35em;border:1.5px solid var(--c);border-radius:.5em;
  white-space:nowrap;-webkit-user-select:none;user-select:none}
${colours}
@media print{body{max-width:none;margin:0}article{break-inside:auto}}
</style>
</head>
<body>
`;
const footer = "</body>\n</html>\n";

class HtmlWriter implements DocumentWriter {
  readonly #colours = new TypeColours();
  #begun = false;

  write(document: Document): string {
    const before = this.#begun ? "" : header;
    this.#begun = true;
    return before + this.#article(document);
  }

  end(): string {
    return this.#begun ? footer : header + footer;
  }

  #article(document: Document): string {
    const text = joinPassages(document);
    const flat = marksOf(document);
    checkOverlaps(flat, text.length);
    const marks = inLanes(flat);
    for (const { type } of marks) this.#colours.of(type); // numbered in the order of the text
    const starts = startsOf(document.passages);
    let next = 0;
    const passages = document.passages.map((passage, index) => {
      const start = starts[index] ?? 0;
      const end = start + passage.text.length;
      const own: LanedMark[] = [];
      for (let mark = marks[next]; mark && mark.start < end; mark = marks[++next]) own.push(mark);
      const lanes = own.reduce((most, { lane }) => Math.max(most, lane), 0);
      const heading = passage.type === "" ? "" : `<h3>${escapeMarkup(passage.type)}</h3>\n`;
      const style = lanes > 0 ? ` style="--lanes:${lanes}"` : "";
      return `${heading}<p dir="auto"${style}>${this.#content(text, start, end, own)}</p>\n`;
    });
    const heading = document.id === "" ? "" : `<h2>${escapeMarkup(document.id)}</h2>\n`;
    return `<article>\n${heading}${passages.join("")}</article>\n`;
  }

  #content(text: string, from: number, to: number, marks: readonly LanedMark[]): string {
    const pieces: string[] = [];
    for (const { start, end, marks: around } of piecesOf(from, to, marks)) {
      pieces.push(this.#marked(escapeMarkup(text.slice(start, end)), around));
      for (const { label, type } of around.filter((mark) => mark.end === end)) {
        pieces.push(`<small class="c${this.#colours.of(type)}">${escapeMarkup(label)}</small>`);
      }
    }
    return pieces.join("");
  }

  #marked(content: string, marks: readonly LanedMark[]): string {
    if (marks.length === 0) return content;
    const note = escapeMarkup(marks.map((mark) => mark.note).join("\n"));
    return marks.reduceRight((inner, { type, lane }, index) => {
      const style = lane > 0 ? ` style="--lane:${lane}"` : "";
      const title = index === marks.length - 1 ? ` title="${note}"` : ""; // one points at the innermost mark
      return `<mark class="c${this.#colours.of(type)}"${style}${title}>${inner}</mark>`;
    }, content);
  }
}
