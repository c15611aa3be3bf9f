import type { Document } from "../../lib/documents/document.js";
import type { DocumentFormat, ReadOptions, WriteOptions } from "../../lib/documents/format.js";

/** Reads a text, given to the reader in pieces. A bad document is an error unless `reject` says otherwise. */
export async function readAll(
  format: DocumentFormat,
  text: string,
  options: Partial<ReadOptions> & { readonly pieceLength?: number } = {},
): Promise<Document[]> {
  const { pieceLength = 5, reject = fail, ...rest } = options;
  async function* pieces() {
    for (let at = 0; at < text.length; at += pieceLength) yield text.slice(at, at + pieceLength);
  }
  const documents: Document[] = [];
  const input = { name: "corpus.file", text: pieces() };
  for await (const document of format.read?.(input, { reject, ...rest }) ?? []) documents.push(document);
  return documents;
}

function fail(error: Error): never {
  throw error;
}

/** Writes documents to one text. */
export function writeAll(
  format: DocumentFormat,
  documents: readonly Document[],
  options: WriteOptions = {},
): string {
  const writer = format.writer?.(options);
  if (!writer) throw new Error(`${format.name} is not written`);
  return [...documents.map((document) => writer.write(document)), writer.end()].map(String).join("");
}

/** Documents without where they come from, to compare. */
export function bare(documents: readonly Document[]): Document[] {
  return documents.map(({ source: _source, ...document }) => document);
}
