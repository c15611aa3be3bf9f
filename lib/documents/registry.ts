import { didYouMean } from "../arguments.js";
import { describe, invalidArgument, listed } from "../errors.js";
import type { DocumentFormat } from "./format.js";
import { biocJson } from "./formats/bioc/bioc-json.js";
import { biocXml } from "./formats/bioc/bioc-xml.js";
import { brat } from "./formats/brat/brat.js";
import { conll, conllIo } from "./formats/conll/conll.js";
import { jats } from "./formats/jats.js";
import { jsonLines } from "./formats/jsonl.js";
import { medline } from "./formats/medline.js";
import { parquet } from "./formats/parquet/parquet.js";
import { displacy } from "./formats/pictures/displacy.js";
import { html } from "./formats/pictures/html.js";
import { svg } from "./formats/pictures/svg.js";
import { text, textLines } from "./formats/plain.js";
import { pubtator } from "./formats/pubtator.js";
import { csv, tsv } from "./formats/table/table.js";
import { tokenJson } from "./formats/token-json.js";

/** All formats, in the order in which the start of a file is compared with them. */
export const documentFormats: readonly DocumentFormat[] = [
  brat,
  pubtator,
  biocXml,
  medline,
  jats,
  displacy,
  tokenJson,
  biocJson,
  jsonLines,
  conll,
  conllIo,
  csv,
  tsv,
  parquet,
  html,
  svg,
  textLines,
  text,
];

/** Code units of a file's start that tell its format. */
export const startLength = 4096;

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT`; the message names the nearest format */
export function formatNamed(name: unknown): DocumentFormat {
  const found = documentFormats.find((format) => format.name === name);
  if (found) return found;
  const names = documentFormats.map((format) => format.name);
  const meant = typeof name === "string" ? didYouMean(name, names) : "";
  throw invalidArgument(
    `There is no document format ${describe(name)}.${meant} The formats are ${listed(names)}.`,
  );
}

/** Formats whose files are no plain text where their start looks like nothing: it may be malformed. */
const believedByName = [csv, tsv, conll, jsonLines, pubtator];

/** The format of a file by its start, else by its path if it has one; plain text if neither says anything. */
export function formatOf(start: string, path?: string): DocumentFormat {
  const found = documentFormats.find((format) => format.looksLike?.(start, path));
  const isNamed = (format: DocumentFormat) => path !== undefined && hasEnding(format, path);
  return found ?? believedByName.find(isNamed) ?? text;
}

/** The format that a new file of this name has, by its ending; undefined if the ending says nothing. */
export function formatForOutput(path: string): DocumentFormat | undefined {
  return documentFormats.find((format) => format.writer && hasEnding(format, path));
}

/** Whether a file's name, without its compression, has an ending of a format. */
export function hasEnding({ extensions }: DocumentFormat, path: string): boolean {
  const name = path.toLowerCase().replace(/\.(gz|zst)$/, "");
  return extensions.some((extension) => name.endsWith(`.${extension}`));
}
