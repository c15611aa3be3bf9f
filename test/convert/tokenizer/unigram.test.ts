import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { BertShape } from "../../../lib/convert/checkpoint/bert-shape.js";
import { readTokenizer } from "../../../lib/convert/tokenizer/index.js";
import { expectRefusal } from "../../support/failure.js";
import { root } from "../../support/paths.js";
import { encoderFolder, type Json, scratchFolder } from "./support.js";

const fixtures = join(root, "test", "fixtures", "encoders");
const bert = { vocabulary: "running-text", tokenTypes: 1 } as BertShape;
const rows = 1000;

async function converted(name: string, changes: Parameters<typeof encoderFolder>[1] = {}): Promise<Json> {
  const { entries } = await readTokenizer(await encoderFolder(name, changes), rows, bert);
  return Object.fromEntries(entries.map(([key, { value }]) => [key.replace("tokenizer.ggml.", ""), value]));
}

const json = (change: (content: Json) => unknown) => ({ "tokenizer.json": change });
const sequence = (...steps: Json[]) => ({ type: "Sequence", normalizers: steps });
const several = { Regex: " {2,}" };

test("has llama.cpp's keys", async () => {
  const {
    tokens,
    scores,
    token_type: kinds,
    precompiled_charsmap: map,
    ...others
  } = await converted("xlm-roberta");
  expect(others).toEqual({
    model: "t5",
    pre: "default",
    token_type_count: 1,
    add_space_prefix: true,
    remove_extra_whitespaces: true,
    bos_token_id: 0,
    seperator_token_id: 2,
    unknown_token_id: 3,
    padding_token_id: 1,
    mask_token_id: tokens.indexOf("<mask>"),
    add_bos_token: true,
    add_sep_token: true,
    "vaner.normalizer.spaces": ["split"],
  });
  expect(tokens.slice(0, 4)).toEqual(["<s>", "<pad>", "</s>", "<unk>"]);
  expect([...kinds.slice(0, 5)]).toEqual([3, 3, 3, 2, 1]);
  expect([tokens.length, kinds.length, scores.length]).toEqual([rows, rows, rows]);
  expect(scores.slice(0, 50).every((score: number) => score <= 0 && score > -100)).toBe(true);
  expect(map.length).toBeGreaterThan(1000);
});

test("sentencepiece's file gives the vocabulary of the fast tokenizer", async () => {
  const xlm = await converted("xlm-roberta");
  const model = readFileSync(join(fixtures, "camembert", "checkpoint", "sentencepiece.bpe.model"));
  const folder = await scratchFolder();
  writeFileSync(join(folder, "sentencepiece.bpe.model"), model);
  const { entries } = await readTokenizer(folder, rows, bert);
  const found = Object.fromEntries(
    entries.map(([key, { value }]) => [key.replace("tokenizer.ggml.", ""), value]),
  );
  expect({ ...found, precompiled_charsmap: [] }).toEqual({ ...xlm, precompiled_charsmap: [] });
  expect(Buffer.from(found["precompiled_charsmap"] as Uint8Array).equals(xlm.precompiled_charsmap)).toBe(
    true,
  );
  const { tokens, token_type: kinds, scores } = await converted("camembert");
  expect(tokens.slice(0, 7)).toEqual([
    "<s>NOTUSED",
    "<pad>",
    "</s>NOTUSED",
    "<unk>",
    "<unk>NOTUSED",
    "<s>",
    "</s>",
  ]);
  expect([...kinds.slice(0, 8)]).toEqual([3, 3, 3, 2, 3, 3, 3, 1]);
  expect([...scores.slice(0, 5)]).toEqual([0, 0, 0, 0, -100]);
});

describe("text is prepared as the file says", () => {
  const prefix = (scheme: string) => ({
    type: "Metaspace",
    replacement: "▁",
    prepend_scheme: scheme,
    split: true,
  });
  const trim = { type: "Strip", strip_left: false, strip_right: true };

  test.each<[string, (content: Json) => unknown, object]>([
    ["nothing", (c) => Object.assign(c, { normalizer: null }), { "vaner.normalizer.spaces": ["split"] }],
    [
      "NFKC",
      (c) => Object.assign(c, { normalizer: { type: "NFKC" } }),
      { "vaner.normalizer.unicode": "NFKC", "vaner.normalizer.spaces": ["split"] },
    ],
    [
      "NFC, marks",
      (c) => Object.assign(c, { normalizer: { type: "NFC" }, pre_tokenizer: prefix("first") }),
      { "vaner.normalizer.unicode": "NFC", "vaner.normalizer.spaces": ["mark"] },
    ],
    [
      "all steps",
      (c) => {
        const breaks = ["\n", "\t"].map((sign) => ({
          type: "Replace",
          pattern: { String: sign },
          content: " ",
        }));
        const join = { type: "Replace", pattern: several, content: "▁" };
        c.normalizer = sequence(...breaks, c.normalizer, trim, join);
        c.pre_tokenizer = prefix("always");
      },
      { "vaner.normalizer.spaces": ["trim-end", "join", "mark"] },
    ],
    [
      "several spaces as one",
      (c) => {
        c.normalizer = sequence(c.normalizer, { type: "Replace", pattern: several, content: " " });
        c.pre_tokenizer = { type: "Metaspace", replacement: "▁", add_prefix_space: true };
      },
      { "vaner.normalizer.spaces": ["join", "mark"] },
    ],
  ])("%s", async (_, change, expected) => {
    expect(await converted("xlm-roberta", json(change))).toMatchObject(expected);
  });
});

describe("is rejected", () => {
  test.each<[string, Parameters<typeof encoderFolder>[1], RegExp]>([
    [
      "lower case",
      json((c) => Object.assign(c, { normalizer: sequence(c.normalizer, { type: "Lowercase" }) })),
      /\(Lowercase, split words, marks\)/,
    ],
    ["Nmt", json((c) => Object.assign(c, { normalizer: { type: "Nmt" } })), /\(Nmt, split/],
    [
      "another Replace",
      json((c) => {
        c.normalizer = sequence(c.normalizer, { type: "Replace", pattern: { String: "``" }, content: '"' });
      }),
      /Replace of "``"/,
    ],
    [
      "a Strip of both sides",
      json((c) =>
        Object.assign(c, {
          normalizer: sequence(c.normalizer, { type: "Strip", strip_left: true, strip_right: true }),
        }),
      ),
      /\(Strip,/,
    ],
    [
      "a map behind another",
      json((c) => Object.assign(c, { normalizer: sequence({ type: "NFKC" }, c.normalizer) })),
      /\(Precompiled,/,
    ],
    ["no pre-tokenizer", json((c) => Object.assign(c, { pre_tokenizer: null })), /\(not at all\)/],
    [
      "no mark in front",
      json((c) => {
        c.pre_tokenizer.pretokenizers[1].prepend_scheme = "never";
      }),
      /without a mark/,
    ],
    [
      "a mark in front of the first word only",
      json((c) => {
        c.pre_tokenizer.pretokenizers[1].prepend_scheme = "first";
      }),
      /first mark/,
    ],
    [
      "unsplit text",
      json((c) => {
        c.pre_tokenizer.pretokenizers[1].split = false;
      }),
      /another Metaspace/,
    ],
    [
      "punctuation",
      json((c) => {
        c.pre_tokenizer.pretokenizers.unshift({ type: "Punctuation" });
      }),
      /another Punctuation/,
    ],
    ["byte fallback", json((c) => Object.assign(c.model, { byte_fallback: true })), /byte_fallback/],
    ["no unknown token", json((c) => Object.assign(c.model, { unk_id: null })), /"unk_id" is null/],
    [
      "an unknown token of another name",
      json((c) => Object.assign(c.model, { unk_id: 5 })),
      /calls token 5 the unknown one/,
    ],
    [
      "an entry that is none",
      json((c) => c.model.vocab.push(["x"])),
      /token \d+ is .*not a text with its score/,
    ],
    ["a score that is none", json((c) => c.model.vocab.push(["x", null])), /not a text with its score/],
    ["a score beyond 32 bits", json((c) => c.model.vocab.push(["x", -1e300])), /the score -1e\+300/],
    ["no vocabulary", json((c) => Object.assign(c.model, { vocab: [] })), /"unk_id" is 3/],
    [
      "a map that is not in base64",
      json((c) => Object.assign(c.normalizer, { precompiled_charsmap: "!!" })),
      /"precompiled_charsmap" is not in base64/,
    ],
    ["a very long token", json((c) => c.model.vocab.push(["病".repeat(400), -1])), /1200 bytes/],
    ["a token twice", json((c) => c.model.vocab.push([c.model.vocab[9][0], -1])), /twice/],
    [
      "an added token for text",
      json((c) => c.added_tokens.push({ id: c.model.vocab.length, content: "TNF", special: false })),
      /added token "TNF".*before all others/,
    ],
    [
      "an added token in another's place",
      json((c) => Object.assign(c.added_tokens[0], { content: "<x>" })),
      /token 0 "<x>"/,
    ],
    ["other ends", json((c) => c.post_processor.single.pop()), /does not put "<s>" and "<\/s>"/],
    [
      "a first word without a space",
      { "tokenizer_config.json": (c) => Object.assign(c, { add_prefix_space: false }) },
      /add_prefix_space/,
    ],
  ])("%s", async (_, changes, message) => {
    await expectRefusal(readTokenizer(await encoderFolder("xlm-roberta", changes), rows, bert), message);
  });

  test("sentencepiece's BPE", async () => {
    const bpe = readFileSync(
      join(root, "test", "fixtures", "tokenizer-folders", "llama-2", "tokenizer.model"),
    );
    const folder = await encoderFolder("camembert", { "sentencepiece.bpe.model": bpe });
    await expectRefusal(readTokenizer(folder, 2000, bert), /no sentencepiece model of kind unigram/);
  });
});
