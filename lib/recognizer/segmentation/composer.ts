import type { NativeModel } from "../../binding/native-addon.js";
import { PieceFinder } from "../../text/pieces.js";
import { UnicodeComposer } from "../../text/unicode-form.js";

const composers = new WeakMap<NativeModel, UnicodeComposer>();
const pieceFinders = new WeakMap<NativeModel, PieceFinder>();

/**
 * Brings text into the form of Unicode that the model reads; undefined if it reads text as it is, or by
 * {@link pieceFinderOf}.
 */
export function composerOf(native: NativeModel): UnicodeComposer | undefined {
  const { normalizer, addedTokens } = native.info;
  if (normalizer.unicode === "" || normalizer.spaces.length > 0) return undefined;
  const composer = composers.get(native) ?? new UnicodeComposer(normalizer.unicode, addedTokens);
  composers.set(native, composer);
  return composer;
}

/** Cuts text into the pieces that the model's unigram vocabulary spells; undefined if it has another vocabulary. */
export function pieceFinderOf(native: NativeModel): PieceFinder | undefined {
  const { normalizer } = native.info;
  if (normalizer.spaces.length === 0) return undefined;
  const finder = pieceFinders.get(native) ?? new PieceFinder(normalizer);
  pieceFinders.set(native, finder);
  return finder;
}
