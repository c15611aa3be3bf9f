import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LinkedStop } from "../../lib/async/signals.js";
import { finish } from "../../lib/async/steps.js";
import type { NativeModel } from "../../lib/binding/native-addon.js";
import { convertCheckpoint } from "../../lib/convert/convert.js";
import { Predictions } from "../../lib/decoding/labels.js";
import { LabelScheme } from "../../lib/decoding/scheme.js";
import { inspectModel, Recognizer } from "../../lib/index.js";
import { placed, spacedSegmentation, tokensOf } from "../../lib/recognizer/segmentation/spaced.js";
import { SpacedWordFinder } from "../../lib/text/spaced-words.js";
import { expectPlacesOf } from "../support/alone.js";
import { caseOf, layOut } from "../support/checkpoints.js";
import { loadNative } from "../support/native.js";
import { oddText } from "../support/odd-text.js";
import { root } from "../support/paths.js";

interface OddText {
  readonly text: string;
  /** By model: tokens, and their starts and ends in UTF-16 code units, unless the map leaves characters out. */
  readonly tokens: Readonly<Record<string, readonly [tokens: readonly number[], bounds?: readonly number[]]>>;
}

const places = join(root, "test", "fixtures", "encoders", "unigram.json");
const oddTexts: readonly OddText[] = JSON.parse(readFileSync(places, "utf8"));
const names = ["xlm-roberta", "xlm-roberta-marks", "xlm-roberta-nfkc", "camembert"];

let folder: string;
const path = (name: string) => join(folder, `${name}.gguf`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vaner-unigram-"));
  for (const name of names) {
    const { heads: _, ...input } = layOut(caseOf(name), join(folder, name));
    await convertCheckpoint({ ...input, output: path(name), type: "f32" });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The words of a text, and its tokens with their places. */
async function read(model: NativeModel, text: string) {
  const finder = new SpacedWordFinder(model.info.spacePrefix);
  const bounds: number[] = [];
  finish(finder.find(text, 0, text.length, bounds, false));
  const words = finish(finder.words());
  const found = await tokensOf(model, words, new LinkedStop(undefined));
  const { tokens, offsets, starts, ends, inside } = finish(placed(found, words));
  return { bounds, firsts: [...offsets], inside, tokens: [...tokens], starts: [...starts], ends: [...ends] };
}

test.each(names)("the file has format 5 and loads: %s", async (name) => {
  expect(await inspectModel(path(name))).toMatchObject({ format: 5, problem: null });
});

describe("tokens and offsets are those of the tokenizers library", () => {
  test.each(names)("%s", async (name) => {
    const model = await loadNative(path(name));
    let compared = 0;
    for (const { text, tokens } of oddTexts) {
      const [ids, bounds] = tokens[name] ?? [[]];
      const found = await read(model, text);
      expect([text, found.tokens]).toEqual([text, ids]);
      if (!bounds) continue;
      compared++;
      expect([text, found.starts]).toEqual([text, bounds.filter((_, index) => index % 2 === 0)]);
      for (const [token, end] of found.ends.entries()) {
        // The library leaves out what a character is composed of, except for its first part.
        const theirs = bounds[2 * token + 1] as number;
        expect([text, token, text.slice(theirs, end)]).toEqual([
          text,
          token,
          expect.stringMatching(/^[\p{M}\u1160-\u11ff\uff9e\uff9f]*$/u),
        ]);
        expect([text, token, end, theirs, end >= theirs]).toEqual([text, token, end, theirs, true]);
      }
    }
    expect(compared).toBeGreaterThan(oddTexts.length / 3);
    await model.dispose();
  });

  test("no text becomes a control token", async () => {
    for (const name of names) {
      const model = await loadNative(path(name));
      const controls = name === "camembert" ? [0, 1, 2, 4, 5, 6] : [0, 1, 2];
      controls.push(model.info.vocabularySize - 1);
      for (const text of ["<s>", "a </s>", "<mask> <pad>", "<s>NOTUSED", "＜s＞"]) {
        for (const token of (await read(model, text)).tokens) expect(controls).not.toContain(token);
      }
      await model.dispose();
    }
  });
});

test("words that share a token are one", async () => {
  const model = await loadNative(path("xlm-roberta"));
  const stop = new LinkedStop(undefined);
  const reading = { scheme: new LabelScheme(model.info), lines: undefined, byToken: false };
  const texts = [{ text: "mice" }, { text: "in ☎ⴰ mice.\n\n1. ☎ⴰ☎ in ☎ⴰ" }];
  const [, units] = await spacedSegmentation.tokenize(model, texts, reading, stop);
  const ends = Array.from(units?.offsets ?? []).slice(1);
  for (const [unit, end] of ends.entries()) expect(end).toBeGreaterThan(units?.offsets[unit] as number);
  const all = new Predictions(ends.length, 0);
  for (const unit of ends.keys()) all.set(unit, Float32Array.of(0, 1, 0), 0, 3);
  const found = units && finish(units.decode("Disease", all));
  expect(found?.map(({ text }) => text)).toEqual(["in", "☎ⴰ", "mice", "1", "☎ⴰ☎", "in", "☎ⴰ"]);
  await model.dispose();
});

describe.each(names)("%s", (name) => {
  test("every text has tokens at exact places, and every word with letters has its own or shares one", async () => {
    const model = await loadNative(path(name));
    const piece = fc.constantFrom("™", "ﬁ", "¨", "\u0301", "▁", "\x00", "½\u0301", "ﷺ", "\ufffd", "e\u0301");
    const odd = fc.tuple(oddText(12), piece, oddText(12), piece).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(odd, async (text) => {
        const { tokens, starts, ends, firsts, inside, bounds } = await read(model, text);
        let last = 0;
        const wrong = tokens.filter((_, token) => {
          const [start = -1, end = -1] = [starts[token], ends[token]];
          const ok = start >= last && end >= start && end <= text.length;
          last = start;
          return !ok;
        });
        expect(wrong).toEqual([]);
        expect(firsts).toHaveLength(bounds.length / 2 + 1);
        expect(firsts.at(-1)).toBe(tokens.length);
        for (let word = 0; word + 1 < firsts.length; word++) {
          const own = text.slice(bounds[2 * word], bounds[2 * word + 1]);
          if (!/^[a-z]+$/.test(own)) continue;
          const all = (firsts[word + 1] as number) - (firsts[word] as number) + (inside[word] as number);
          expect(all).toBeGreaterThan(0);
        }
      }),
      { numRuns: 150 },
    );
    await model.dispose();
  });

  test("a recognizer finds entities at their places, the same alone and in a batch", async () => {
    const text =
      "Patients with naïve café tumours (TNF-α, 5°C™) were treated in mice. Cisplatin cancer, disease 病病 cells.";
    const recognizer = await Recognizer.load({ model: path(name), gpu: false, int8: true });
    await expectPlacesOf(recognizer, text, ["\u0000"]);
    await recognizer.dispose();
  });
});
