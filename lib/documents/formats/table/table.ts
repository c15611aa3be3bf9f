import { VanerError } from "../../../errors.js";
import type { Annotation, Document } from "../../document.js";
import { documentError, readOrReject } from "../../errors.js";
import type {
  DocumentFormat,
  DocumentInput,
  DocumentWriter,
  FieldNames,
  ReadOptions,
  WriteOptions,
} from "../../format.js";
import { stemOf } from "../../input/open.js";
import { peek } from "../../input/peek.js";
import { newName } from "../../new-name.js";
import { parseRecords } from "../../parse-records.js";
import { additionsTo } from "../../source.js";
import { annotationOf } from "../json/annotation.js";
import { entitiesOf, joinPassages } from "../json/entities.js";
import { type TableFile, type TableRow, type TableSyntax, tableRows } from "./rows.js";

/**
 * A table with a header and a document a row: a column `text`, perhaps `id`, perhaps `entities`, as in JSON lines; others
 * are kept. What was found is a further column. Semicolons between the cells are kept, where the header has them.
 */
export const csv = tableFormat("csv", "CSV", [
  { delimiter: ",", quotes: true },
  { delimiter: ";", quotes: true },
]);

/** As {@link csv}, with tabs between the cells. Cells are not quoted, and hold no tab or line break. */
export const tsv = tableFormat("tsv", "TSV", [{ delimiter: "\t", quotes: false }]);

/** @param syntaxes that a file may have; new files have the first */
function tableFormat(
  name: string,
  title: string,
  syntaxes: readonly [TableSyntax, ...TableSyntax[]],
): DocumentFormat {
  const [syntax] = syntaxes;
  const format: DocumentFormat = {
    name,
    title,
    extensions: [name],
    looksLike: (start) => syntaxOf(start, "text", syntaxes) !== undefined,
    async *read(input, options) {
      const { start, all } = await peek(input.text, longestHeader);
      const found = syntaxOf(start.join(""), options.fields?.text ?? "text", syntaxes) ?? syntax;
      yield* readRows({ ...input, text: all }, options, found, format);
    },
    writer: (options) => new TableWriter(format, syntax, options),
  };
  return format;
}

/** The syntax in which the header of a table has a column; undefined: in none. */
function syntaxOf(start: string, column: string, syntaxes: readonly TableSyntax[]): TableSyntax | undefined {
  const [line = ""] = start.replace(/^\uFEFF/, "").split(/\r?\n/, 1);
  return syntaxes.find(({ delimiter }) => {
    const cells = line.split(delimiter).map((cell) => cell.replace(/^"(.*)"$/, "$1"));
    return cells.length > 1 && cells.includes(column);
  });
}

/** Code units in which the header is looked for. */
const longestHeader = 4096;

/** What the writer needs of a row. */
interface Detail {
  readonly syntax: TableSyntax;
  /** The header as the file has it. */
  readonly header: string;
  /** Name of the column with what was added. */
  readonly added: string;
  readonly file: TableFile;
}

async function* readRows(
  input: DocumentInput,
  options: ReadOptions,
  syntax: TableSyntax,
  format: DocumentFormat,
): AsyncGenerator<Document, void, undefined> {
  const file: TableFile = { footer: "" };
  const rows = tableRows(input, syntax, file);
  try {
    const header = await rows.next();
    if (header.done) return;
    const columns = columnsOf(header.value, input, options);
    const added = newName("entities", header.value.cells);
    const detail: Detail = { syntax, header: header.value.raw, added, file };
    yield* parseRecords(
      rows,
      (row) => {
        const { id, ...read } = parse(row, columns, input, options);
        return { id, ...read, source: { format, raw: row.raw, read, detail } };
      },
      (error, { raw }) => options.reject(error, raw),
    );
  } finally {
    await rows.return();
  }
}

/** Where a table has what; -1: it has no such column. */
interface Columns {
  readonly id: number;
  readonly text: number;
  readonly entities: number;
  readonly count: number;
}

function columnsOf(
  { cells, line }: TableRow,
  { name }: DocumentInput,
  { fields = {} }: ReadOptions,
): Columns {
  const { id = "id", text = "text" } = fields;
  const columns = {
    ...{ id: cells.indexOf(id), text: cells.indexOf(text), entities: cells.indexOf("entities") },
    count: cells.length,
  };
  if (columns.text >= 0) return columns;
  const problem = `the table has no column ${JSON.stringify(text)}: name the one with the text.`;
  throw documentError({ file: name, line }, problem);
}

function parse(
  { cells, line }: TableRow,
  columns: Columns,
  { name, path }: DocumentInput,
  { rejectAnnotation, requireAnnotations = false }: ReadOptions,
) {
  if (cells.length !== columns.count) {
    const problem = `this row has ${cells.length} cells, and the header ${columns.count}.`;
    throw documentError({ file: name, line }, problem);
  }
  const id = cells[columns.id] ?? `${stemOf(path)}:${line}`;
  const place = { file: name, line, document: id };
  const text = cells[columns.text] ?? "";
  const entities = entitiesIn(cells[columns.entities]);
  if (!entities && requireAnnotations) {
    throw documentError(place, 'the column "entities" must have an array, as JSON lines have it.');
  }
  const annotations: Annotation[] = [];
  for (const entity of entities ?? []) {
    readOrReject(() => annotations.push(annotationOf(entity, text, place)), rejectAnnotation);
  }
  return { id, passages: [{ type: "", text, annotations }] };
}

/** The entities of a cell; undefined if it has something else, which is somebody's own. */
function entitiesIn(cell: string | undefined): unknown[] | undefined {
  if (!cell?.startsWith("[")) return undefined;
  try {
    const entities: unknown = JSON.parse(cell);
    const isOurs = Array.isArray(entities) && entities.every((each) => typeof Object(each).type === "string");
    return isOurs ? entities : undefined;
  } catch {
    return undefined;
  }
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
    const { syntax, header, added, file } = detail as Detail;
    this.#file ??= file;
    const entities = entitiesOf(addedIn(document, kept.added));
    if (!this.#annotated && entities.length === 0) return { header, row };
    const cell = JSON.stringify(entities);
    return { header: this.#append(header, added, syntax), row: this.#append(row, cell, syntax) };
  }

  #makeAnew(document: Document) {
    const names = [this.#fields.id ?? "id", this.#fields.text ?? "text", "entities"];
    const cells = [document.id, joinPassages(document), JSON.stringify(entitiesOf(document))];
    const syntax = this.#syntax;
    const [header, row] = [names, cells].map(
      (each) => `${each.map((cell) => this.#cell(cell, syntax)).join(syntax.delimiter)}\n`,
    );
    return { header: header as string, row: row as string };
  }

  /** A row with one more cell, in front of its line end. */
  #append(row: string, cell: string, syntax: TableSyntax): string {
    // A regular expression would try every line break in the row: cells may have many.
    let end = row.length;
    while (row[end - 1] === "\n" || row[end - 1] === "\r") end--;
    return row.slice(0, end) + syntax.delimiter + this.#cell(cell, syntax) + row.slice(end);
  }

  #cell(text: string, { delimiter, quotes }: TableSyntax): string {
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
