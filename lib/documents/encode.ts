import { VanerError } from "../errors.js";

/**
 * Encodes what a writer gives. Bytes stay as they are.
 * @throws {VanerError} `ERR_VANER_DOCUMENT` for half of a surrogate pair, which Node.js would replace by U+FFFD
 */
export function encodeUtf8(piece: string | Uint8Array): Uint8Array {
  if (typeof piece !== "string") return piece;
  refuseHalfPairs(piece);
  return Buffer.from(piece);
}

/** @throws as {@link encodeUtf8} */
export function refuseHalfPairs(text: string): void {
  if (!/\p{Surrogate}/u.test(text)) return;
  throw new VanerError(
    "ERR_VANER_DOCUMENT",
    "The text has half of a surrogate pair, which UTF-8 cannot hold.",
  );
}
