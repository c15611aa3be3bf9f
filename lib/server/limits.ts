import { checkNames, type OptionNames } from "../arguments.js";
import { describe, invalidArgument, VanerError } from "../errors.js";
import type { TextInput } from "../text/input.js";

/** What a client may ask of a server. */
export interface ServerLimits {
  /** Most bytes of a body, as it is sent and when it is decompressed. Default: 16 MiB. */
  readonly bodyBytes?: number | undefined;
  /** Most texts, or documents, of a request. Default: 1,024. */
  readonly texts?: number | undefined;
  /** Longest text or document, in UTF-16 code units. Default: 1,000,000. */
  readonly characters?: number | undefined;
  /** Longest time that a client may take to send a request, and the server to answer it, in seconds. Default: 60. */
  readonly seconds?: number | undefined;
  /** Most requests that wait for the model or are under way; more are refused with status 429. Default: 256. */
  readonly requests?: number | undefined;
}

export type KnownLimits = { readonly [Name in keyof ServerLimits]-?: number };

export const defaultLimits: KnownLimits = {
  bodyBytes: 16 * 1024 * 1024,
  texts: 1024,
  characters: 1_000_000,
  seconds: 60,
  requests: 256,
};

const limitNames: OptionNames<ServerLimits> = {
  bodyBytes: true,
  texts: true,
  characters: true,
  seconds: true,
  requests: true,
};

/** Largest limit: milliseconds of a timer must fit in 31 bits. */
const mostOfAny = 2_000_000_000;
const mostSeconds = 2_000_000;

/** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` */
export function resolveLimits(limits: ServerLimits = {}): KnownLimits {
  checkNames("createServer.limits", limits, limitNames);
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    const most = name === "seconds" ? mostSeconds : mostOfAny;
    if (!(Number.isInteger(value) && value >= 1 && value <= most)) {
      throw invalidArgument(`\`${name}\` must be a whole number from 1 to ${most}, not ${describe(value)}.`);
    }
  }
  return { ...defaultLimits, ...Object.fromEntries(given) };
}

/**
 * Checks the number of texts and the length of each.
 * @returns the length of all
 * @throws {VanerError} `ERR_VANER_LIMIT`
 */
export function checkTexts(inputs: readonly TextInput[], limits: KnownLimits): number {
  checkCount(inputs.length, limits);
  let total = 0;
  for (const [index, input] of inputs.entries()) {
    const length = lengthOf(input);
    checkLength(inputs.length === 1 ? "The text" : `Text ${index}`, length, limits);
    total += length;
  }
  return total;
}

/** @throws {VanerError} `ERR_VANER_LIMIT` */
export function checkCount(count: number, { texts }: KnownLimits): void {
  if (count > texts) throw exceeded(`A request may have ${counted(texts, "text")}. Send several requests.`);
}

/** @param which the text, for the message @throws {VanerError} `ERR_VANER_LIMIT` */
export function checkLength(which: string, length: number, { characters }: KnownLimits): void {
  if (length <= characters) return;
  throw exceeded(`${which} has ${counted(length, "character")}, and ${characters} are allowed. Divide it.`);
}

/** The bytes, as long as they are within the limit. @throws {VanerError} `ERR_VANER_LIMIT` */
export async function* limitBytes(
  bytes: AsyncIterable<Uint8Array>,
  { bodyBytes }: KnownLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    if (length > bodyBytes) throw bodyTooLarge(bodyBytes);
    yield piece;
  }
}

export function bodyTooLarge(most: number): VanerError {
  return exceeded(`The body, or what it decompresses to, has more than ${counted(most, "byte")}.`);
}

function exceeded(message: string): VanerError {
  return new VanerError("ERR_VANER_LIMIT", message);
}

const counted = (count: number, unit: string) => `${count} ${unit}${count === 1 ? "" : "s"}`;

/** The least length that the text of an input can have. */
function lengthOf(input: TextInput): number {
  if (typeof input === "string") return input.length;
  const sentences = "words" in input ? [input.words] : input.sentences;
  let length = 0;
  for (const words of sentences) for (const word of words) length += word.length + 1;
  return length;
}
