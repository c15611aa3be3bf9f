import { readFileSync } from "node:fs";
import { join } from "node:path";
import { types } from "node:util";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { finish } from "../../lib/async/steps.js";
import { VanerError } from "../../lib/errors.js";
import { Charsmap } from "../../lib/text/charsmap.js";
import { PieceFinder, type PieceRules, Pieces } from "../../lib/text/pieces.js";
import { oddText } from "../support/odd-text.js";
import { root } from "../support/paths.js";

const checkpoint = join(root, "test", "fixtures", "encoders", "xlm-roberta", "checkpoint");
const { normalizer } = JSON.parse(readFileSync(join(checkpoint, "tokenizer.json"), "utf8"));
const charsmap = new Uint8Array(Buffer.from(normalizer.precompiled_charsmap, "base64"));
const plain: PieceRules = { unicode: "", charsmap: new Uint8Array(), spaces: ["split"] };

function piecesOf(
  text: string,
  rules: Partial<PieceRules> = {},
): [piece: string, start: number, end: number][] {
  const pieces = new Pieces();
  finish(new PieceFinder({ ...plain, ...rules }).find(text, 0, text.length, pieces));
  expect(pieces.places).toHaveLength(2 * pieces.text.length);
  return Array.from({ length: pieces.bounds.length / 2 }, (_, piece) => {
    const [start, end] = [pieces.bounds.at(2 * piece), pieces.bounds.at(2 * piece + 1)];
    return [pieces.text.text.slice(start, end), pieces.places.at(2 * start), pieces.places.at(2 * end - 1)];
  });
}

describe("pieces", () => {
  test.each<[string, readonly string[], [string, number, number][]]>([
    [
      "in mice",
      ["split"],
      [
        ["▁in", 0, 2],
        ["▁mice", 3, 7],
      ],
    ],
    [
      "in mice",
      ["mark"],
      [
        ["▁in", 0, 2],
        ["▁mice", 2, 7],
      ],
    ],
    [
      "a ▁b▁c",
      ["split"],
      [
        ["▁a", 0, 1],
        ["▁b", 2, 4],
        ["▁c", 4, 6],
      ],
    ],
    [
      "a ▁b",
      ["mark"],
      [
        ["▁a", 0, 1],
        ["▁", 1, 2],
        ["▁b", 2, 4],
      ],
    ],
    [
      "a  b ",
      ["join", "mark"],
      [
        ["▁a", 0, 1],
        ["▁b", 2, 4],
        ["▁", 4, 5],
      ],
    ],
    [
      "a  b  ",
      ["trim-end", "join", "mark"],
      [
        ["▁a", 0, 1],
        ["▁b", 2, 4],
      ],
    ],
    [
      " a  b",
      ["mark"],
      [
        ["▁a", 0, 2],
        ["▁", 2, 3],
        ["▁b", 3, 5],
      ],
    ],
    ["😀", ["split"], [["▁😀", 0, 2]]],
    ["", ["mark"], []],
    [" ", ["split"], []],
  ])("of %j with %j", (text, spaces, expected) => {
    expect(piecesOf(text, { spaces })).toEqual(expected);
  });

  test("have the places of the characters that they were made of", () => {
    expect(piecesOf("a™ ﬁn", { charsmap })).toEqual([
      ["▁aTM", 0, 2],
      ["▁fin", 3, 5],
    ]);
    expect(piecesOf("cafe\u0301s", { charsmap })).toEqual([["▁cafés", 0, 6]]);
    expect(piecesOf("\u001fx\u007f", { charsmap })).toEqual([["▁x", 1, 2]]);
    // All of a sequence that a reader takes for one character becomes what its beginning stands for.
    expect(piecesOf("½\u0301", { charsmap })).toEqual([["▁1⁄2", 0, 2]]);
    expect(piecesOf("a\u00a8", { charsmap })).toEqual([
      ["▁a", 0, 1],
      ["▁\u0308", 1, 2],
    ]);
    expect(piecesOf("e\u0301 ﬁ", { unicode: "NFKC" })).toEqual([
      ["▁é", 0, 2],
      ["▁fi", 3, 4],
    ]);
  });

  test("take linear time", () => {
    for (const unit of [
      "x",
      " ",
      "▁",
      "a ",
      "\u0301",
      "病",
      "e\u0301",
      "\u200d",
      "🇦",
      "☎️",
      "\u1100",
      "\u0600",
    ]) {
      const text = unit.repeat(1e5 / unit.length);
      for (const spaces of [["split"], ["trim-end", "join", "mark"]]) piecesOf(text, { charsmap, spaces });
    }
  });
});

describe("a damaged map of characters", () => {
  const piece = fc.constantFrom("™", "ﬁ", "½\u0301", "e\u0301", "病", "😀", "\u0000", "\ufffd", "\ud800");
  const text = fc.tuple(oddText(8), piece, piece, oddText(8)).map((parts) => parts.join(""));

  /** What the engine takes: a trie of the size that it says, and text that ends with a zero byte. */
  function withTrie(trie: Uint8Array, texts: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(4 + trie.length + texts.length);
    new DataView(bytes.buffer).setUint32(0, trie.length, true);
    bytes.set(trie, 4);
    bytes.set(texts, 4 + trie.length);
    return bytes;
  }

  function expectTyped(bytes: Uint8Array, given: string): void {
    try {
      const found = finish(new Charsmap(bytes).compose(given));
      if (!found) return;
      expect(found.places).toHaveLength(2 * found.text.length);
      expect(found.text).not.toMatch(/\ufffd.*\ufffd.*\ufffd.*\ufffd.*\ufffd.*\ufffd/s);
    } catch (error) {
      expect(types.isNativeError(error) && error).toBeInstanceOf(VanerError);
      expect(error).toMatchObject({ code: "ERR_VANER_MODEL_CORRUPT" });
    }
  }

  const size = new DataView(charsmap.buffer, charsmap.byteOffset).getUint32(0, true);
  const [trie, texts] = [charsmap.subarray(4, 4 + size), charsmap.subarray(4 + size)];

  test("gives typed errors only", () => {
    const flips = fc.array(fc.tuple(fc.nat(size - 1), fc.nat(255)), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(flips, text, (changes, given) => {
        const changed = trie.slice();
        for (const [at, byte] of changes) changed[at] = byte;
        expectTyped(withTrie(changed, texts), given);
      }),
    );
  });

  test("of random bytes gives typed errors only", () => {
    const units = fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(units, text, (random, given) => {
        expectTyped(withTrie(new Uint8Array(Buffer.concat(random)), Uint8Array.of(0x61, 0)), given);
      }),
    );
    // Every unit matches and points to itself.
    const loop = new Uint32Array(256).map((_, byte) => byte | (1 << 10));
    expectTyped(withTrie(new Uint8Array(loop.buffer), Uint8Array.of(0)), "病".repeat(1000));
  });
});
