import { open } from "node:fs/promises";
import { types } from "node:util";
import { VanerError } from "../errors.js";
import type { Span } from "./scores.js";

/** A text of a labelled corpus. */
export interface GoldText {
  /** For messages: a document id, or `line 12`. */
  readonly name: string;
  readonly text: string;
  /** The words, if the corpus gives them; `text` is then these joined by single spaces. */
  readonly words?: readonly string[];
  /** Whether the text continues the one before it: a sentence of the same document. */
  readonly continues?: boolean;
  readonly entities: readonly Span[];
}

/** How a reader names the types of entities. */
export interface CorpusTypes {
  /** Type of entities that the corpus gives no type. */
  readonly untyped: string;
  /** Type for one that the corpus names; undefined: not to be measured. */
  typeOf(annotated: string): string | undefined;
}

/** A line of a corpus file, with its number from 1. */
export interface Line {
  readonly number: number;
  readonly content: string;
}

/**
 * The lines of a UTF-8 file without their line ends (LF or CRLF), read lazily.
 * @throws {VanerError} `ERR_VANER_CORPUS` if the file cannot be read
 */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  try {
    const file = await open(path);
    try {
      let number = 0;
      for await (const content of file.readLines({ encoding: "utf8" })) {
        yield { number: ++number, content: number === 1 ? content.replace(/^\uFEFF/, "") : content };
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(types.isNativeError(error) && "syscall" in error)) throw error;
    throw new VanerError("ERR_VANER_CORPUS", `The corpus cannot be read: ${error.message}.`, {
      cause: error,
    });
  }
}

/** An error about a line of a corpus. */
export function corpusError(line: number, problem: string): VanerError {
  return new VanerError("ERR_VANER_CORPUS", `Line ${line} of the corpus: ${problem}`);
}
