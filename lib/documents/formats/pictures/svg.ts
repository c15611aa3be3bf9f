import { VanerError } from "../../../errors.js";
import type { Document } from "../../document.js";
import type { DocumentFormat, DocumentWriter } from "../../format.js";
import { joinPassages } from "../json/entities.js";
import { checkOverlaps, DrawnMarks } from "./drawn-marks.js";
import { linesOf, type TextLine } from "./lines.js";
import { escapeMarkup, inLanes, type Mark, marksOf, palette, TypeColours } from "./marks.js";

/**
 * A picture of texts with their entities, for papers and slides. Under each line of text, mentions are bars with their
 * types; places and scores appear on hover where the picture is opened by itself.
 */
export const svg: DocumentFormat = {
  name: "svg",
  title: "SVG",
  extensions: ["svg"],
  // All of the picture is written at its end: its size stands at its start.
  resumable: false,
  writer: () => new SvgWriter(),
};

/** More documents make a picture that nothing opens. */
const mostDocuments = 1000;

// In pixels. Each character has a fixed advance: `textLength` makes every font keep to it.
const margin = 24;
const columns = 90;
const text = { size: 16, advance: 9.6, height: 26 };
const label = { size: 10, advance: 6.2 };
const laneHeight = 17;
const barHeight = 3;
const width = 2 * margin + columns * text.advance;

const style = `text{fill:#1f2328;white-space:pre;pointer-events:none}
.page{fill:#fff}
.id{font-weight:700}
.mark{fill-opacity:.2}
@media (prefers-color-scheme:dark){.page{fill:#0d1117}text{fill:#e6edf3}}
@media print{.page{fill:none}text{fill:#000}}
${palette.map((colour, index) => `.c${index}{fill:${colour}}`).join("\n")}`;

class SvgWriter implements DocumentWriter {
  readonly #colours = new TypeColours();
  readonly #shapes: string[] = [];
  #documents = 0;
  #y = margin;

  write(document: Document): string {
    if (++this.#documents > mostDocuments) {
      throw new VanerError(
        "ERR_VANER_DOCUMENT",
        `An SVG picture holds ${mostDocuments} documents, and there are more: write HTML, or name fewer.`,
      );
    }
    if (document.id !== "") this.#drawLine(document.id, "id");
    const all = joinPassages(document);
    const marks = marksOf(document);
    checkOverlaps(marks, all.length);
    const drawn = new DrawnMarks();
    let first = 0;
    for (const line of linesOf(all, columns)) {
      while ((marks[first]?.end ?? line.start) < line.start) first++;
      const parts = partsOn(line, marks, first);
      drawn.add(parts.length);
      this.#drawTextLine(all, line, parts);
    }
    this.#y += text.height;
    return "";
  }

  end(): string {
    const height = Math.ceil(this.#y + margin - (this.#documents > 0 ? text.height : 0));
    const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
    const font = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="${font}">`,
      "<title>Texts with their entities</title>",
      `<style>${style}</style>`,
      `<rect class="page" width="${width}" height="${height}"/>`,
      ...this.#shapes,
      "</svg>\n",
    ].join("\n");
  }

  #drawLine(content: string, kind = ""): void {
    this.#y += text.height;
    if (content.trim() === "") return;
    const length = lengthOf(content);
    const attributes = `x="${margin}" y="${this.#y - 8}" font-size="${text.size}"`;
    const name = kind === "" ? "" : ` class="${kind}"`;
    this.#shapes.push(
      `<text${name} ${attributes}${spread(length * text.advance)}>${escapeMarkup(content)}</text>`,
    );
  }

  #drawTextLine(all: string, line: TextLine, parts: readonly Part[]): void {
    const laned = inLanes(parts, ({ reach }) => reach);
    for (const part of laned) this.#drawPart(part);
    this.#drawLine(all.slice(line.start, line.end).replace(/\s/g, " "));
    this.#y += laned.reduce((most, { lane }) => Math.max(most, lane + 1), 0) * laneHeight;
  }

  #drawPart({ mark, start, end, isFirst, lane }: Part & { readonly lane: number }): void {
    const colour = `c${this.#colours.of(mark.type)}`;
    const x = (margin + start * text.advance).toFixed(1);
    const place = `x="${x}" width="${((end - start) * text.advance).toFixed(1)}"`;
    const y = this.#y + text.height + lane * laneHeight - 3;
    const at = `x="${x}" y="${y + barHeight + label.size}" font-size="${label.size}"`;
    const length = lengthOf(mark.label) * label.advance;
    this.#shapes.push(
      `<g><title>${escapeMarkup(mark.note)}</title>`,
      `<rect class="${colour} mark" ${place} y="${this.#y + 3}" height="${text.height - 6}"/>`,
      `<rect class="${colour}" ${place} y="${y}" height="${barHeight}"/>`,
      ...(isFirst ? [`<text ${at}${spread(length)}>${escapeMarkup(mark.label)}</text>`] : []),
      "</g>",
    );
  }
}

/** What a line shows of a mark, in characters from the line's start. */
interface Part {
  readonly mark: Mark;
  readonly start: number;
  readonly end: number;
  /** Where the bar and its label end, with a gap behind them. */
  readonly reach: number;
  /** Whether the mark starts on this line, which then shows the label. */
  readonly isFirst: boolean;
}

/** @param first index of the first mark that may reach the line */
function partsOn({ start, end, positionOf }: TextLine, marks: readonly Mark[], first: number): Part[] {
  const parts: Part[] = [];
  for (let index = first; (marks[index]?.start ?? end) < end; index++) {
    const mark = marks[index] as Mark;
    if (mark.end <= start) continue;
    const isFirst = mark.start >= start;
    const [from, to] = [positionOf(Math.max(start, mark.start)), positionOf(Math.min(end, mark.end))];
    const labelled = isFirst ? from + (lengthOf(mark.label) * label.advance) / text.advance + 1 : from;
    parts.push({ mark, start: from, end: to, reach: Math.max(to, labelled), isFirst });
  }
  return parts;
}

/** Makes a text as long as that in every font. */
const spread = (length: number) => ` textLength="${length.toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;

/** In code points. */
const lengthOf = (content: string) => Array.from(content).length;
