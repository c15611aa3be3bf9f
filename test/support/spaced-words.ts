import { readFileSync } from "node:fs";
import { join } from "node:path";
import { finish } from "../../lib/async/steps.js";
import type { NativeModel } from "../../lib/binding/native-addon.js";
import { composerOf } from "../../lib/recognizer/segmentation/composer.js";
import { placed } from "../../lib/recognizer/segmentation/spaced.js";
import { composeSpacedWords, SpacedWordFinder } from "../../lib/text/spaced-words.js";
import { root } from "./paths.js";

/** An odd text, and its tokens by the tokenizers library. */
export interface OddText {
  readonly text: string;
  /** By model: tokens, and their starts and ends in UTF-16 code units. */
  readonly tokens: Readonly<Record<string, readonly [tokens: readonly number[], bounds: readonly number[]]>>;
}

/** Reads a file of `test/fixtures/encoders`. */
export function oddTextsOf(file: string): readonly OddText[] {
  return JSON.parse(readFileSync(join(root, "test", "fixtures", "encoders", file), "utf8"));
}

/** The words of a text by `spaced-words-v1`, and its tokens with their places. */
export async function readSpacedWords(model: NativeModel, text: string) {
  const finder = new SpacedWordFinder(model.info.spacePrefix);
  const bounds: number[] = [];
  finish(finder.find(text, 0, text.length, bounds, false));
  const composer = composerOf(model);
  const spaced = finish(finder.words());
  const words = composer ? finish(composeSpacedWords(spaced, composer)) : spaced;
  const found = await model.tokenizeText(words.text, Uint32Array.from(words.parts), false).promise;
  const { tokens, offsets, starts, ends } = finish(placed(found, words));
  return {
    words: Array.from({ length: bounds.length / 2 }, (_, word) =>
      text.slice(bounds[2 * word], bounds[2 * word + 1]),
    ),
    firsts: [...offsets],
    tokens: [...tokens],
    bounds: [...starts].flatMap((start, token) => [start, ends[token] as number]),
  };
}
