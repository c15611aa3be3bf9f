import { Tokenizer, TokenType } from "@streamparser/json";
import { listed, messageOf } from "../../../errors.js";
import { documentError } from "../../errors.js";
import type { DocumentInput } from "../../format.js";
import { ByteQueue } from "../../input/byte-queue.js";
import { countLineEnds } from "../../input/lines.js";
import { wholePairs } from "../../input/whole-pairs.js";
import { deepest, tooDeep } from "./object.js";

/** A JSON file with an array of records, so far as it was read. */
export interface JsonFile {
  /** Everything before the first record. */
  header: string | undefined;
  /** Everything behind the last record; undefined until all of the file was read. */
  footer: string | undefined;
}

/** An object that holds a document. */
export interface JsonRecord {
  readonly file: JsonFile;
  /** What the file has since the record before, or, of the first one, since the header; then the object. */
  readonly raw: string;
  /** Where the object starts in `raw`. */
  readonly start: number;
  /** Line on which the object starts, from 1. */
  readonly line: number;
}

/**
 * Reads the objects of an array, in bounded memory: the array is the file, or the value of a key of the file's object.
 * @param keys whose values may be the array
 * @throws {VanerError} `ERR_VANER_DOCUMENT`, with the line, where the file is not JSON
 */
export async function* jsonRecords(
  input: DocumentInput,
  keys: readonly string[],
): AsyncGenerator<JsonRecord, void, undefined> {
  const splitter = new RecordSplitter(input.name, keys);
  for await (const piece of wholePairs(input.text)) yield* splitter.read(piece);
  yield* splitter.end();
}

const scalars: readonly TokenType[] = [
  TokenType.STRING,
  TokenType.NUMBER,
  TokenType.TRUE,
  TokenType.FALSE,
  TokenType.NULL,
];

class RecordSplitter {
  readonly #tokenizer = new Tokenizer();
  readonly #name: string;
  readonly #keys: readonly string[];
  readonly #file: JsonFile = { header: undefined, footer: undefined };
  /** UTF-8 since the last record, or since the header, and where it starts: the tokenizer counts bytes. */
  readonly #raw = new ByteQueue();
  #rawStart = 0;
  #line = 1;
  #mark = "";
  #begun = false;
  #depth = 0;
  /** Depth within a record; 0 before the array, infinite behind it. */
  #recordDepth = 0;
  /** The last string in the file's object: in front of an array, its key. */
  #key: unknown;
  #start = 0;
  #isFirst = true;
  #finished: JsonRecord[] = [];

  constructor(name: string, keys: readonly string[]) {
    this.#name = name;
    this.#keys = keys;
    this.#tokenizer.onToken = ({ token, value, offset }) => this.#take(token, value, offset);
    this.#tokenizer.onError = (cause) => {
      throw this.#error(`this is not JSON: ${messageOf(cause)}.`, cause);
    };
  }

  *read(piece: string): Generator<JsonRecord> {
    const mark = !this.#begun && piece.startsWith("\uFEFF") ? "\uFEFF" : "";
    this.#begun = true;
    this.#mark += mark;
    const bytes = Buffer.from(piece.slice(mark.length));
    this.#raw.push(bytes);
    this.#tokenizer.write(bytes);
    yield* this.#finished.splice(0);
  }

  *end(): Generator<JsonRecord> {
    if (!this.#tokenizer.isEnded) this.#tokenizer.end();
    if (this.#recordDepth === 0) throw this.#error(`there is no array ${listed(this.#keys)}.`);
    const footer = this.#raw.take(this.#raw.length).toString();
    this.#file.footer = footer;
    this.#checkFrame(footer);
    yield* this.#finished.splice(0);
  }

  /** The tokenizer does not see whether brackets and commas are in their places. */
  #checkFrame(footer: string): void {
    const { header } = this.#file;
    const frame = header === undefined ? footer : `${header.slice(this.#mark.length)}0${footer}`;
    try {
      JSON.parse(frame);
    } catch (cause) {
      throw this.#error("this is not JSON: the file is cut short, or a bracket or comma is missing.", cause);
    }
  }

  #take(token: TokenType, value: unknown, offset: number): void {
    const inArray = this.#depth > 0 && this.#depth === this.#recordDepth - 1;
    if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) {
      if (inArray) this.#startRecord(token, offset);
      this.#depth++;
      if (this.#depth === deepest) throw this.#error(tooDeep);
      const isRecords = this.#depth === 1 || (this.#depth === 2 && this.#keys.includes(String(this.#key)));
      if (this.#recordDepth === 0 && token === TokenType.LEFT_BRACKET && isRecords)
        this.#recordDepth = this.#depth + 1;
    } else if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) {
      if (this.#depth === this.#recordDepth) this.#endRecord(offset + 1);
      if (inArray) this.#recordDepth = Number.POSITIVE_INFINITY;
      this.#depth--;
    } else if (inArray && scalars.includes(token))
      throw this.#error("an element of the array is not an object.");
    else if (this.#depth === 1 && token === TokenType.STRING) this.#key = value;
  }

  #startRecord(token: TokenType, offset: number): void {
    if (token !== TokenType.LEFT_BRACE) throw this.#error("an element of the array is not an object.");
    this.#file.header ??= this.#mark + this.#cut(offset);
    this.#start = offset - this.#rawStart;
  }

  #endRecord(offset: number): void {
    const firstLine = this.#line;
    const before = this.#cut(this.#rawStart + this.#start);
    if (before.trim() !== (this.#isFirst ? "" : ",")) {
      throw this.#error(
        "this is not JSON: a comma is missing between two objects, or there is one too many.",
      );
    }
    this.#isFirst = false;
    const line = firstLine + countLineEnds(before);
    const raw = before + this.#cut(offset);
    this.#finished.push({ file: this.#file, raw, start: before.length, line });
  }

  /** Takes the raw text up to a position in the file. */
  #cut(offset: number): string {
    const taken = this.#raw.take(offset - this.#rawStart).toString();
    this.#rawStart = offset;
    this.#line += countLineEnds(taken);
    return taken;
  }

  #error(problem: string, cause?: unknown) {
    return documentError({ file: this.#name, line: this.#line }, problem, { cause });
  }
}
