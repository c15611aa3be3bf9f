import { describe, expect, test } from "@jest/globals";
import { finish, type Steps, stride } from "../../lib/async/steps.js";
import type { NativeTextTokens } from "../../lib/binding/native-addon.js";
import { LabelScheme } from "../../lib/decoding/scheme.js";
import { type FindWords, findInTexts, joinWords } from "../../lib/recognizer/segmentation/found-words.js";
import { piecesOf, placed } from "../../lib/recognizer/segmentation/spaced.js";
import { tokenUnits, withPlaces, wordUnits } from "../../lib/recognizer/segmentation/token-units.js";
import { BertWordFinder } from "../../lib/text/bert-words.js";
import type { SourceText } from "../../lib/text/input.js";
import { NumberList } from "../../lib/text/number-list.js";
import { PieceFinder } from "../../lib/text/pieces.js";
import { composeSpacedWords, SpacedWordFinder } from "../../lib/text/spaced-words.js";
import { TextBuilder } from "../../lib/text/text-builder.js";
import { UnicodeComposer } from "../../lib/text/unicode-form.js";

/** How often work lets the event loop run. */
function pausesOf(steps: Steps<unknown>): number {
  let pauses = 0;
  while (!steps.next().done) pauses++;
  return pauses;
}

const units = 8 * stride;
const repeated = (unit: string): SourceText => ({ text: unit.repeat(units / unit.length) });
const texts: Readonly<Record<string, SourceText>> = {
  "a long word": repeated("b"),
  "short words": repeated("b "),
  "short lines": repeated("b\n"),
  "short sentences": repeated("B b. "),
  "letters with marks": repeated("e\u0301 "),
  "given words": given(units / 2, units / 2),
  "given sentences": given(units / 2, 2),
};

function given(count: number, perSentence: number): SourceText {
  const words = Array<string>(count).fill("b");
  const sentences = Array.from({ length: count / perSentence + 1 }, (_, index) => index * perSentence);
  return { text: words.join(" "), given: { words, sentences } };
}

const scheme = new LabelScheme({ heads: ["Disease"], labels: ["O", "B", "I"], tagging: "BIO" });
const composer = new UnicodeComposer("NFC");
const pieceFinder = new PieceFinder({ unicode: "NFC", charsmap: new Uint8Array(), spaces: ["split"] });

function foundIn(source: SourceText) {
  const finder = new SpacedWordFinder(true);
  const found = finish(findInTexts([source], undefined, (...part) => finder.find(...part)));
  const words = finish(finder.words());
  const count = words.text.length;
  /** A token for each code unit. */
  const tokens: NativeTextTokens = {
    tokens: new Int32Array(count),
    offsets: Uint32Array.of(0, count),
    starts: Uint32Array.from({ length: count }, (_, unit) => unit),
    ends: Uint32Array.from({ length: count }, (_, unit) => unit + 1),
  };
  const inside = Uint8Array.from(words.starts, (_, word) => word % 2);
  return { found, words, tokens, placed: finish(placed(tokens, words)), inside };
}

type Found = ReturnType<typeof foundIn>;
const known = new Map<SourceText, Found>();

/** As {@link foundIn}, once for each text. */
function foundOnce(source: SourceText): Found {
  const found = known.get(source) ?? foundIn(source);
  known.set(source, found);
  return found;
}

/** Most code units in which words are looked for between two pauses, but for those of a long part. */
function longestStretch(source: SourceText, find: FindWords): number {
  let longest = 0;
  let read = 0;
  const steps = findInTexts([source], undefined, function* (text, start, end, ...rest) {
    read += Math.min(end - start, stride); // finders pause themselves
    yield* find(text, start, end, ...rest);
  });
  for (let done = false; !done; longest = Math.max(longest, read)) {
    read = 0;
    done = steps.next().done === true;
  }
  return longest;
}

const finders: Readonly<Record<string, () => FindWords>> = {
  "between spaces": () => {
    const finder = new SpacedWordFinder(true);
    return (...part) => finder.find(...part);
  },
  "of BERT": () => {
    const finder = new BertWordFinder({ lowercase: true, stripAccents: true, splitCjk: true });
    const words = { normalized: new TextBuilder(), ends: new NumberList(), places: new NumberList() };
    return (text, start, end, bounds) => finder.find(text, start, end, { bounds, ...words });
  },
};

describe.each(Object.entries(finders))("the event loop runs while words are found: %s", (_, finderOf) => {
  test.each(Object.entries(texts))("%s", (_what, source) => {
    expect(longestStretch(source, finderOf())).toBeLessThanOrEqual(2 * stride);
  });
});

/** What is done next, and how many words, tokens or code units are looked at. */
const stages: Readonly<Record<string, (found: Found) => readonly [work: Steps<unknown>, items: number]>> = {
  "finding words in one part": ({ words: { text } }) => [
    new SpacedWordFinder(true).find(text, 0, text.length, [], true),
    text.length,
  ],
  composing: ({ words }) => [composeSpacedWords(words, composer), 3 * words.text.length],
  "cutting pieces": ({ words }) => [piecesOf(pieceFinder, words), 3 * words.text.length],
  "placing tokens": ({ tokens, words }) => [placed(tokens, words), tokens.starts.length],
  "places in the original": ({ tokens, words }) => [
    withPlaces(tokens, words.places),
    2 * tokens.starts.length,
  ],
  "units of words": ({ found, words, placed }) => [wordUnits(found, placed, scheme), words.starts.length],
  "units of tokens": ({ found, words, placed }) => [
    tokenUnits(found, placed, scheme),
    words.starts.length + placed.starts.length,
  ],
  "joining words": ({ found, words, inside }) => [joinWords(found, inside), 2 * words.starts.length],
};

describe.each(Object.entries(stages))("the event loop runs behind that: %s", (_, stage) => {
  test.each(Object.entries(texts))("%s", (_what, source) => {
    const [work, items] = stage(foundOnce(source));
    expect(pausesOf(work)).toBeGreaterThanOrEqual(Math.floor(items / stride) - 2);
  });
});
