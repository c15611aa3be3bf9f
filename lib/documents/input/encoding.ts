import { invalidArgument } from "../../errors.js";
import { documentError } from "../errors.js";
import { countLineEnds } from "./lines.js";
import { peek } from "./peek.js";

/**
 * Decodes a file. A byte order mark stays, as U+FEFF, so that writers can give it back.
 * @param encoding a label of the Encoding Standard, for example `windows-1252`. Default: UTF-16 if the file starts with
 *   its byte order mark, else UTF-8
 * @throws {VanerError} `ERR_VANER_DOCUMENT`, with file and line, for bytes that are not of the encoding: nothing is
 *   replaced by U+FFFD; `ERR_VANER_INVALID_ARGUMENT` for an unknown label
 */
export async function* decode(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
  encoding?: string,
): AsyncGenerator<string, void, undefined> {
  const { start, all } = await peek(bytes, startLength);
  const label = encoding ?? encodingOf(file, Buffer.concat(start).subarray(0, startLength));
  const decoder = decoderOf(label, true);
  let line = 1;
  const decodePiece = (piece?: Uint8Array): string => {
    try {
      const text = piece ? decoder.decode(piece, { stream: true }) : decoder.decode();
      line += countLineEnds(text);
      return text;
    } catch (cause) {
      const remedy = encoding === undefined ? " Name its encoding, or convert it first." : "";
      const place = { file, line: line + goodLineEnds(piece, label) };
      throw documentError(place, `this is not ${label} text.${remedy}`, { cause });
    }
  };
  for await (const piece of all) {
    const text = decodePiece(piece);
    if (text !== "") yield text;
  }
  const rest = decodePiece();
  if (rest !== "") yield rest;
}

/** @param start bytes of the file: {@link startLength}, or all of a shorter one */
function encodingOf(file: string, start: Uint8Array): string {
  const [first, second] = start;
  if (first === 0xff && second === 0xfe) return "UTF-16LE";
  if (first === 0xfe && second === 0xff) return "UTF-16BE";
  const likely = ["utf-16be", "utf-16le"].find((_, zero) => hasZerosAt(start, zero));
  if (likely === undefined) return "UTF-8";
  throw documentError(
    { file, line: 1 },
    `this is not UTF-8 text. It may be UTF-16 without a byte order mark: name its encoding, ${likely}.`,
  );
}

/** Bytes that tell an encoding. */
const startLength = 8;

/** Whether each second byte is zero, and no other: Latin letters in UTF-16. @param first 0 or 1 */
function hasZerosAt(bytes: Uint8Array, first: number): boolean {
  return bytes.length >= 4 && bytes.every((byte, at) => (byte === 0) === (at % 2 === first));
}

function decoderOf(label: string, fatal: boolean) {
  try {
    return new TextDecoder(label, { fatal, ignoreBOM: true });
  } catch (cause) {
    throw invalidArgument(`The encoding ${JSON.stringify(label)} is not known.`, { cause });
  }
}

/** Line ends before the first byte that cannot be decoded. */
function goodLineEnds(piece: Uint8Array | undefined, label: string): number {
  const text = decoderOf(label, false).decode(piece);
  return countLineEnds(text.slice(0, Math.max(0, text.indexOf("\uFFFD"))));
}
