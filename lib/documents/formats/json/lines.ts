import type { VanerError } from "../../../errors.js";
import type { Document } from "../../document.js";
import type { DocumentInput, ReadOptions } from "../../format.js";
import { isBlank, type Line, linesOf, rawOf, recordsOf } from "../../input/lines.js";
import { parseRecords } from "../../parse-records.js";
import { parseObject } from "./object.js";

/** A line with an object. */
export interface JsonLine {
  readonly object: Readonly<Record<string, unknown>>;
  /** What the file has for it: the line, and blank lines around it. */
  readonly raw: string;
  /** Where the object starts in `raw`. */
  readonly start: number;
  /** Number of the line, from 1. */
  readonly number: number;
}

/** Reads a file with a document a line. */
export function readJsonLines(
  { name, text }: DocumentInput,
  reject: ReadOptions["reject"],
  parse: (line: JsonLine) => Document,
): AsyncGenerator<Document, void, undefined> {
  return parseRecords(
    recordsOf(linesOf(text), () => true),
    (lines) => parse(lineOf(lines, name)),
    (error: VanerError, lines) => reject(error, rawOf(lines)),
  );
}

/** @param lines one that is not blank, and blank ones around it */
function lineOf(lines: readonly Line[], file: string): JsonLine {
  const { content, number } = lines.find((each) => !isBlank(each)) as Line;
  const object = parseObject(content.replace(/^\uFEFF/, ""), { file, line: number });
  const raw = rawOf(lines);
  return { object, raw, start: raw.indexOf("{"), number };
}
