import type { NativeModel } from "../../binding/native-addon.js";
import { UnicodeComposer } from "../../text/unicode-form.js";

const composers = new WeakMap<NativeModel, UnicodeComposer>();

/** Brings text into the form of Unicode that the model reads; undefined if it reads text as it is. */
export function composerOf(native: NativeModel): UnicodeComposer | undefined {
  const { normalizer, addedTokens } = native.info;
  if (normalizer.unicode === "") return undefined;
  const composer = composers.get(native) ?? new UnicodeComposer(normalizer.unicode, addedTokens);
  composers.set(native, composer);
  return composer;
}
