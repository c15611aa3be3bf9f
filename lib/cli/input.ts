import { readFile } from "node:fs/promises";
import { getSystemErrorMap } from "node:util";
import { codeOf, invalidArgument, messageOf } from "../errors.js";

/** Argument that stands for standard input, as a text or as a file. */
const standardInput = "-";

/**
 * Reads the texts of a command: its arguments, then the file; without either, standard input.
 * @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` for input that is not UTF-8: offsets into it would be wrong
 */
export async function readTexts(texts: readonly string[], file: string | undefined): Promise<string[]> {
  const found: string[] = [];
  for (const text of texts) found.push(text === standardInput ? await readStandardInput() : text);
  if (file !== undefined) {
    found.push(file === standardInput ? await readStandardInput() : decode(await readTextFile(file), file));
  }
  return found.length > 0 ? found : [await readStandardInput()];
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
