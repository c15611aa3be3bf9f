import { invalidArgument } from "../errors.js";
import type { Document } from "./document.js";
import { documentError } from "./errors.js";
import type { DocumentFormat, DocumentInput, ReadOptions } from "./format.js";
import { text } from "./formats/plain.js";
import { type OpenOptions, openInput } from "./input/open.js";
import { peek } from "./input/peek.js";
import { formatNamed, formatOf, startLength } from "./registry.js";

/** A file that is ready to be read by its format. */
export interface OpenedDocuments {
  readonly input: DocumentInput;
  readonly format: DocumentFormat;
  /** Closes the file if it is not read. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a file of documents.
 * @param path `-` is standard input
 * @param format name of the format. Default: what the file looks like
 * @throws {VanerError} `ERR_VANER_DOCUMENT` if the file cannot be read; `ERR_VANER_INVALID_ARGUMENT` for an unknown
 *   format
 */
export async function openDocuments(
  path: string,
  format?: string,
  options: OpenOptions = {},
): Promise<OpenedDocuments> {
  return withFormat(openInput(path, options), format);
}

/** An object with a key, perhaps in an array: nobody's plain text. */
const isJson = /^\uFEFF?\s*(\[\s*)?\{\s*"[^"\n]*"\s*:/;

/** The first tag of an XML file, or of a web page. */
const isMarkup = /^\uFEFF?\s*<(\?xml\s|!DOCTYPE\s|html[\s>])/i;

/**
 * Finds out the format of an input.
 * @param format its name, if it is known
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` for an unknown format; `ERR_VANER_DOCUMENT` for JSON or XML of none
 */
export async function withFormat(input: DocumentInput, format?: string): Promise<OpenedDocuments> {
  const named = format === undefined ? undefined : formatNamed(format);
  const { start, all, close } = await peek(input.text, startLength);
  const first = start.join("").slice(0, startLength);
  const found = named ?? formatOf(first, input.path);
  const strange = !named && found === text ? strangenessOf(first) : undefined;
  if (strange !== undefined) {
    await close();
    throw documentError({ file: input.name }, strange);
  }
  return { input: { ...input, text: all }, format: found, close };
}

function strangenessOf(start: string): string | undefined {
  if (isJson.test(start)) return "it is JSON of no known format. JSON lines have an object a line.";
  if (isMarkup.test(start))
    return "it is XML or HTML of no known format. To read its tags as text, name text.";
  return undefined;
}

/** Options of {@link readDocuments}. */
export interface ReadDocumentsOptions extends Partial<ReadOptions>, OpenOptions {
  /** Name of the format. Default: what the file looks like. */
  readonly format?: string | undefined;
}

/**
 * Reads the documents of a file lazily, in bounded memory.
 * @param path `-` is standard input
 * @throws {VanerError} `ERR_VANER_DOCUMENT`, with file and line, if the file cannot be read; for a malformed document, if
 *   there is no `reject`
 */
export async function* readDocuments(
  path: string,
  { format, encoding, onBytes, reject = fail, ...options }: ReadDocumentsOptions = {},
): AsyncGenerator<Document, void, undefined> {
  const opened = await openDocuments(path, format, { encoding, onBytes });
  const { read } = opened.format;
  if (!read) throw invalidArgument(`${opened.format.title} cannot be read.`);
  yield* read(opened.input, { ...options, reject });
}

function fail(error: Error): never {
  throw error;
}
