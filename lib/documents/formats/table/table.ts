import { VanerError } from "../../../errors.js";
import type { Annotation, Document } from "../../document.js";
import { documentError } from "../../errors.js";
import type {
  DocumentFormat,
  DocumentInput,
  DocumentWriter,
  FieldNames,
  ReadOptions,
  WriteOptions,
} from "../../format.js";
import { stemOf } from "../../input/open.js";
import { additionsTo } from "../../source.js";
import { entitiesOf, joinPassages } from "../json/entities.js";
import { type TableFile, type TableSyntax, tableRows } from "./rows.js";

/**
 * A table with a header and a document a row: a column `text`, perhaps `id`, others are kept. What was found is a further
 * column, `entities`, as in JSON lines.
 */
export const csv = tableFormat("csv", "CSV", { delimiter: ",", quotes: true });

/** As {@link csv}, with tabs between the cells. Cells are not quoted, and hold no tab or line break. */
export const tsv = tableFormat("tsv", "TSV", { delimiter: "\t", quotes: false });

function tableFormat(name: string, title: string, syntax: TableSyntax): DocumentFormat {
  const format: DocumentFormat = {
    name,
    title,
    extensions: [name],
    looksLike: (start) => headerOf(start, syntax).includes("text"),
    read: (input, options) => read(input, options, syntax, format),
    writer: (options) => new TableWriter(format, syntax, options),
  };
  return format;
}

function headerOf(start: string, { delimiter }: TableSyntax): string[] {
  const [line = ""] = start.replace(/^\uFEFF/, "").split(/\r?\n/, 1);
  return line.includes(delimiter) ? line.split(delimiter).map((cell) => cell.replace(/^"(.*)"$/, "$1")) : [];
}

/** What the writer needs of a row. */
interface Detail {
  /** The header as the file has it. */
  readonly header: string;
  /** Name of the column with what was added. */
  readonly added: string;
  readonly file: TableFile;
}

async function* read(
  input: DocumentInput,
  { reject, fields = {} }: ReadOptions,
  syntax: TableSyntax,
  format: DocumentFormat,
): AsyncGenerator<Document, void, undefined> {
  let columns: { id: number; text: number; count: number; header: string; added: string } | undefined;
  const file: TableFile = { footer: "" };
  for await (const { cells, raw, line } of tableRows(input, syntax, file)) {
    if (!columns) {
      const text = cells.indexOf(fields.text ?? "text");
      if (text < 0) {
        const problem = `the table has no column ${JSON.stringify(fields.text ?? "text")}: name the one with the text.`;
        throw documentError({ file: input.name, line }, problem);
      }
      const id = cells.indexOf(fields.id ?? "id");
      columns = { text, id, count: cells.length, header: raw, added: newColumn(cells) };
      continue;
    }
    if (cells.length !== columns.count) {
      const problem = `this row has ${cells.length} cells, and the header ${columns.count}.`;
      reject(documentError({ file: input.name, line }, problem), raw);
      continue;
    }
    const id = cells[columns.id] ?? `${stemOf(input.path)}:${line}`;
    const read = { passages: [{ type: "", text: cells[columns.text] ?? "", annotations: [] }] };
    const detail: Detail = { header: columns.header, added: columns.added, file };
    yield { id, ...read, source: { format, raw, read, detail } };
  }
}

/** `entities`, or a longer name where the table has that column already. */
function newColumn(names: readonly string[]): string {
  let name = "entities";
  while (names.includes(name)) name = `predicted_${name}`;
  return name;
}

class TableWriter implements DocumentWriter {
  readonly #format: DocumentFormat;
  readonly #syntax: TableSyntax;
  readonly #fields: FieldNames;
  /** Whether rows get a column with what was added. */
  readonly #annotated: boolean;
  #begun = false;
  /** Whether the last row that was written has no line end, as the last of a file may. */
  #open = false;
  /** Where the rows come from. */
  #file: TableFile | undefined;

  constructor(format: DocumentFormat, syntax: TableSyntax, { annotated = false, fields = {} }: WriteOptions) {
    this.#format = format;
    this.#syntax = syntax;
    this.#annotated = annotated;
    this.#fields = fields;
  }

  write(document: Document): string {
    const { header, row } = this.#keep(document) ?? this.#makeAnew(document);
    const joint = this.#open ? "\n" : "";
    this.#open = !row.endsWith("\n");
    const begin = this.#begun ? "" : header;
    this.#begun = true;
    return joint + begin + row;
  }

  end(more = false): string {
    return more ? "" : (this.#file?.footer ?? "");
  }

  /** The row as its file has it, with a cell of what was added; undefined if it has to be written anew. */
  #keep(document: Document) {
    const kept = additionsTo(document, this.#format);
    if (!kept) return undefined;
    const { raw: row, detail } = kept.source;
    const { header, added, file } = detail as Detail;
    this.#file ??= file;
    const entities = entitiesOf(addedIn(document, kept.added));
    if (!this.#annotated && entities.length === 0) return { header, row };
    return { header: this.#append(header, added), row: this.#append(row, JSON.stringify(entities)) };
  }

  #makeAnew(document: Document) {
    const names = [this.#fields.id ?? "id", this.#fields.text ?? "text", "entities"];
    const cells = [document.id, joinPassages(document), JSON.stringify(entitiesOf(document))];
    const [header, row] = [names, cells].map(
      (each) => `${each.map((cell) => this.#cell(cell)).join(this.#syntax.delimiter)}\n`,
    );
    return { header: header as string, row: row as string };
  }

  /** A row with one more cell, in front of its line end. */
  #append(row: string, cell: string): string {
    // A regular expression would try every line break in the row: cells may have many.
    let end = row.length;
    while (row[end - 1] === "\n" || row[end - 1] === "\r") end--;
    return row.slice(0, end) + this.#syntax.delimiter + this.#cell(cell) + row.slice(end);
  }

  #cell(text: string): string {
    const { delimiter, quotes } = this.#syntax;
    if (quotes)
      return /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
    if (!/[\t\r\n]/.test(text)) return text;
    throw new VanerError(
      "ERR_VANER_DOCUMENT",
      `${this.#format.title} cannot hold a tab or line break: write CSV.`,
    );
  }
}

/** The passages with what was added alone. */
function addedIn(
  { passages }: Document,
  added: readonly (readonly Annotation[])[],
): Pick<Document, "passages"> {
  return { passages: passages.map((passage, index) => ({ ...passage, annotations: added[index] ?? [] })) };
}
