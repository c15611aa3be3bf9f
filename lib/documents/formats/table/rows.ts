import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { documentError } from "../../errors.js";
import type { DocumentInput } from "../../format.js";
import { ByteQueue } from "../../input/byte-queue.js";
import { wholePairs } from "../../input/whole-pairs.js";

/** A row of a table. */
export interface TableRow {
  readonly cells: readonly string[];
  /** What the file has for it, with the line end, and blank lines before it. */
  readonly raw: string;
  /** Line on which it ends, from 1. */
  readonly line: number;
}

/** A table, so far as it was read. */
export interface TableFile {
  /** Blank lines behind the last row. */
  footer: string;
}

/** How the cells of a table are written. */
export interface TableSyntax {
  readonly delimiter: string;
  /** Whether cells may be in double quotes, as RFC 4180 has them. */
  readonly quotes: boolean;
}

/**
 * The rows of a table, the header among them.
 * @param file gets what stands behind them
 * @throws {VanerError} `ERR_VANER_DOCUMENT`, with the line, where the quotes of the file do not match
 */
export async function* tableRows(
  { name, text }: DocumentInput,
  { delimiter, quotes }: TableSyntax,
  file: TableFile,
): AsyncGenerator<TableRow, void, undefined> {
  // UTF-8 of what was read and not given as a row: the parser counts bytes.
  const pending = new ByteQueue();
  let done = 0;
  async function* bytes() {
    for await (const piece of wholePairs(text)) {
      const encoded = Buffer.from(piece);
      pending.push(encoded);
      yield encoded;
    }
  }
  const parser = parse({
    bom: true,
    delimiter,
    quote: quotes ? '"' : null,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  const source = Readable.from(bytes(), { objectMode: false });
  source.once("error", (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
      const raw = pending.take(info.bytes - done).toString();
      done = info.bytes;
      yield { cells: record, raw, line: info.lines };
    }
    file.footer = pending.take(pending.length).toString();
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw documentError({ file: name, line: Number(cause["lines"]) }, `${cause.message}.`, { cause });
  } finally {
    source.destroy();
    parser.destroy();
  }
}

interface ParsedRow {
  readonly record: string[];
  readonly info: { readonly bytes: number; readonly lines: number };
}
