import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { invalidArgument, messageOf, VanerError } from "../errors.js";

/** The bearer tokens that a server accepts, from a file with one a line; lines that start with # are comments. */
export class Tokens {
  readonly #file: string;
  #digests: readonly Buffer[];

  private constructor(file: string, digests: readonly Buffer[]) {
    this.#file = file;
    this.#digests = digests;
  }

  /** @throws {VanerError} `ERR_VANER_INVALID_ARGUMENT` if the file cannot be read or has no token */
  static async read(file: string): Promise<Tokens> {
    return new Tokens(file, await readDigests(file));
  }

  /** Reads the file again. @throws as {@link read}; the tokens then stay */
  async reload(): Promise<void> {
    this.#digests = await readDigests(this.#file);
  }

  /**
   * Checks the header of a request, in a time that says nothing about the tokens.
   * @throws {VanerError} `ERR_VANER_UNAUTHORIZED`
   */
  check(authorization: string | undefined): void {
    const [, token] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
    const own = digest(token ?? "");
    let known = 0;
    for (const each of this.#digests) known |= Number(timingSafeEqual(own, each));
    if (token !== undefined && known) return;
    throw new VanerError(
      "ERR_VANER_UNAUTHORIZED",
      token === undefined
        ? "This server asks for a token: send the header Authorization: Bearer <token>."
        : "This server does not know the token.",
    );
  }
}

async function readDigests(file: string): Promise<Buffer[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw invalidArgument(`The tokens in ${file} cannot be read: ${messageOf(cause)}.`, { cause });
  }
  const tokens = text.split("\n").flatMap((line) => (/^\s*(#|$)/.test(line) ? [] : [line.trim()]));
  // The messages name lines, not tokens.
  if (tokens.length === 0) throw invalidArgument(`${file} has no token: write one a line.`);
  if (tokens.some((token) => /\s/.test(token)))
    throw invalidArgument(`A token in ${file} has a space inside.`);
  if (tokens.some((token) => /[^\x21-\x7e]/.test(token))) {
    const remedy = "write letters, digits and signs of ASCII, in UTF-8";
    throw invalidArgument(`A token in ${file} has a character that no header can have: ${remedy}.`);
  }
  return tokens.map(digest);
}

/** Digests have one length, so that comparing them takes one time. */
function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
