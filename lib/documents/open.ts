import type { DocumentFormat, DocumentInput } from "./format.js";
import { type OpenOptions, openInput } from "./input/open.js";
import { peek } from "./input/peek.js";
import { formatNamed, formatOf, startLength } from "./registry.js";

/** A file that is ready to be read by its format. */
export interface OpenedDocuments {
  readonly input: DocumentInput;
  readonly format: DocumentFormat;
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
  const named = format === undefined ? undefined : formatNamed(format);
  const input = openInput(path, options);
  const { start, all } = await peek(input.text, startLength);
  return { input: { ...input, text: all }, format: named ?? formatOf(start.join("").slice(0, startLength)) };
}
