import { readFile } from "node:fs/promises";
import { getSystemErrorMap } from "node:util";
import { codeOf, invalidArgument, messageOf } from "../errors.js";

/** Argument that stands for standard input, as a text or as a file. */
const standardInput = "-";

/** A text to read, and where it comes from. */
export interface Input {
  readonly text: string;
  /** The file as it was named, `-` for standard input; undefined for an argument. */
  readonly file?: string | undefined;
}

/**
 * Reads the texts of a command: its arguments, then the files; without either, standard input.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` for input that is not UTF-8: offsets into it would be wrong
 */
export async function readInputs(texts: readonly string[], files: readonly string[]): Promise<Input[]> {
  if ([...texts, ...files].filter((source) => source === standardInput).length > 1) {
    throw invalidArgument("Standard input can be read only once: give - once.");
  }
  const inputs: Input[] = [];
  for (const text of texts) inputs.push(text === standardInput ? await readFrom(text) : { text });
  for (const file of files) inputs.push(await readFrom(file));
  return inputs.length > 0 ? inputs : [await readFrom(standardInput)];
}

async function readFrom(file: string): Promise<Input> {
  const text = file === standardInput ? await readStandardInput() : decode(await readTextFile(file), file);
  return { text, file };
}

async function readTextFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    const reason = getSystemErrorMap().get(errno)?.[1] ?? messageOf(error);
    const failure = new Error(`The file ${file} cannot be read: ${reason}.`, { cause: error });
    throw Object.assign(failure, { code: codeOf(error) });
  }
}

async function readStandardInput(): Promise<string> {
  if (process.stdin.isTTY)
    process.stderr.write("Reading standard input. Finish with Ctrl+D (Windows: Ctrl+Z, Enter).\n");
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return decode(Buffer.concat(chunks), "standard input");
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    // A byte order mark is kept, so that offsets count from the start of the file.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw invalidArgument(`${name} is not UTF-8 text: convert it first.`, { cause: error });
  }
}
