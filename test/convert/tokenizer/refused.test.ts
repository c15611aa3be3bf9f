import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { readTokenizer } from "../../../lib/convert/tokenizer/index.js";
import { expectRefusal } from "../../support/failure.js";
import { changed, type Json, rowsOf, scratchFolder, tokenizerFixture } from "./support.js";

const tokenizerJson = (change: (content: Json) => unknown) => ({ "tokenizer.json": change });
const model = (change: (model: Json) => unknown) =>
  tokenizerJson((content) => {
    change(content.model);
  });
const rename = (vocab: Json, from: string, to: string) => {
  vocab[to] = vocab[from];
  delete vocab[from];
};
const config = (values: object) => ({
  "tokenizer_config.json": (content: Json) => Object.assign(content, values),
});
const addedToken = (values: object) =>
  tokenizerJson((content) => {
    Object.assign(content.added_tokens.at(-1), values);
  });
const postProcessor = (single: unknown) =>
  tokenizerJson((content) => {
    content.post_processor.single = single;
  });
/** Moves one of two merges with the same result to the front. */
const separate = ({ model: { merges } }: Json) => {
  const merged = merges.map((merge: string) => merge.replace(" ", ""));
  const twin = merged.findIndex((token: string, index: number) => token === merged[index - 1]);
  merges.unshift(...merges.splice(twin, 1));
};
const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const text = { Sequence: { id: "A", type_id: 0 } };

describe("a byte-level tokenizer is rejected", () => {
  test.each<[string, Parameters<typeof changed>[1], RegExp]>([
    ["without tokenizer.json", { "tokenizer.json": null }, /neither tokenizer\.model nor tokenizer\.json/],
    ["of another model", model((m) => Object.assign(m, { type: "Unigram" })), /type "Unigram"; only BPE/],
    ["without a model", tokenizerJson((c) => Object.assign(c, { model: null })), /lacks "model"/],
    ["with dropout", model((m) => Object.assign(m, { dropout: 0.1 })), /dropout/],
    ["with suffixes", model((m) => Object.assign(m, { end_of_word_suffix: "</w>" })), /end_of_word_suffix/],
    [
      "that normalizes",
      tokenizerJson((c) => Object.assign(c, { normalizer: { type: "NFKC" } })),
      /\("NFKC"\)/,
    ],
    [
      "that normalizes in steps",
      tokenizerJson((c) =>
        Object.assign(c, {
          normalizer: { type: "Sequence", normalizers: [{ type: "NFC" }, { type: "Lowercase" }] },
        }),
      ),
      /\("Lowercase"\).*only "NFC"/,
    ],
    [
      "that splits by a very long expression",
      tokenizerJson((c) => {
        c.pre_tokenizer.pretokenizers[0].pattern.Regex = "x".repeat(70_000);
      }),
      /^.{40,2100}not known here \(split x+ … x*.{0,100}whole words first\).*unchanged\.$/,
    ],
    [
      "that splits otherwise",
      tokenizerJson((c) => {
        c.pre_tokenizer.pretokenizers[0].pattern.Regex = "\\s+";
      }),
      /not known here \(split \\s\+, bytes, whole words first\)/,
    ],
    [
      "that splits by what it drops",
      tokenizerJson((c) => {
        c.pre_tokenizer.pretokenizers[0].behavior = "Removed";
      }),
      /another Split/,
    ],
    [
      "with a space before every piece",
      tokenizerJson((c) => {
        c.pre_tokenizer.pretokenizers[1].add_prefix_space = true;
      }),
      /bytes behind a space/,
    ],
    [
      "that does not split",
      tokenizerJson((c) => Object.assign(c, { pre_tokenizer: null })),
      /not known here/,
    ],
    ["with an id that is no index", model((m) => Object.assign(m.vocab, { "!": -1 })), /"!" the id -1/],
    ["with a gap", model((m) => delete m.vocab["Ġhypertension"]), /no token with id \d+, but/],
    [
      "with an id beyond the rows",
      model((m) => Object.assign(m.vocab, { new: 5000 })),
      /id 5000, but.* rows/,
    ],
    ["with an id beyond all", model((m) => Object.assign(m.vocab, { new: 2 ** 40 })), /only \d+ rows/],
    ["with half a surrogate pair", model((m) => rename(m.vocab, "!", "\ud800")), /half a surrogate pair/],
    ["with a NUL", model((m) => rename(m.vocab, "!", "\0")), /a NUL/],
    ["with a token without end", model((m) => rename(m.vocab, "!", "x".repeat(5000))), /5000 characters/],
    ["with a token twice", addedToken({ content: '"' }), /the token "\\"" twice/],
    ["with an unknown token in a merge", model((m) => m.merges.push(["zz", "qq"])), /needs the token "zz"/],
    ["with an unknown merged token", model((m) => m.merges.push(["!", "¡"])), /needs the token "!¡"/],
    ["with a merge of three", model((m) => m.merges.push("a b c")), /merge \d+ is "a b c"/],
    ["with a merge of one", model((m) => m.merges.push(["a"])), /merge \d+ is an array, not a pair/],
    ["with a merge twice", model((m) => m.merges.push(m.merges[0])), /appears twice/],
    ["with merges of no array", model((m) => Object.assign(m, { merges: {} })), /"merges" is an object/],
    [
      "without a token for a byte where there is an unknown token",
      model((m) => {
        m.unk_token = "<unk>";
        rename(m.vocab, "ÿ", "another");
      }),
      /the byte written as "ÿ"/,
    ],
    ["with a token that takes spaces along", addedToken({ lstrip: true }), /"<mutation>" has "lstrip"/],
    ["with a token of single words", addedToken({ single_word: true }), /single_word/],
    ["with an added token without a text", addedToken({ content: null }), /lacks "content"/],
    [
      "with files that disagree",
      config({ added_tokens_decoder: { "905": { content: "<other>", special: true } } }),
      /token 905 "<other>"/,
    ],
    ["with another added token in a place", addedToken({ id: 0 }), /token 0 "<mutation>", but.* "!"/],
    ["with an added token of no id", config({ added_tokens_decoder: { x: {} } }), /"x" is not a token's id/],
    [
      "with a disagreement about BOS",
      config({ bos_token: "<|eot_id|>" }),
      /calls the BOS token "<\|eot_id\|>"/,
    ],
    [
      "without a known BOS",
      postProcessor([special("<|nothing|>"), text]),
      /calls the BOS token|no file says/,
    ],
    ["with EOS", config({ add_eos_token: true }), /appends an EOS token to every sequence/],
    ["with EOS in the template", postProcessor([text, special("<|end_of_text|>")]), /appends an EOS token/],
    ["with a longer template", postProcessor([special("a"), special("b"), text]), /more around a sequence/],
    ["with a template of no text", postProcessor([special("a")]), /more around a sequence/],
    [
      "with another post-processor",
      tokenizerJson((c) => Object.assign(c, { post_processor: { type: "BertProcessing" } })),
      /"BertProcessing"/,
    ],
  ])("%s", async (_, changes, message) => {
    const folder = await changed("llama-3", changes);
    await expectRefusal(readTokenizer(folder, rowsOf("llama-3")), message);
  });

  test("for an embedding with fewer rows, or with none", async () => {
    const folder = tokenizerFixture("llama-3");
    await expectRefusal(readTokenizer(folder, 900), /the model's embedding has only 900 rows/);
    for (const rows of [0, -1, 1.5, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY])
      await expectRefusal(readTokenizer(folder, rows), /rows, but a vocabulary has/);
  });

  test("for a missing folder", async () => {
    await expectRefusal(readTokenizer(tokenizerFixture("none"), 900), /cannot be read: ENOENT/);
    await expectRefusal(readTokenizer(await scratchFolder(), 900), /has neither/);
  });
});

describe("a SentencePiece vocabulary in tokenizer.json is rejected", () => {
  test.each<[string, (content: Json) => unknown, RegExp]>([
    ["that merges no whole words", (c) => Object.assign(c.model, { ignore_merges: true }), /ignore_merges/],
    ["with a missing byte", (c) => rename(c.model.vocab, "<0x41>", "<0xYY>"), /no token <0x41>/],
    ["with merges in no order of scores", separate, /no order of scores/],
    ["with a merge missing", (c) => c.model.merges.splice(20, 1), /no order of scores/],
    ["with an unknown token in a merge", (c) => c.model.merges.push("zz qq"), /needs the token "zz"/],
    [
      "that splits at spaces",
      (c) => Object.assign(c, { pre_tokenizer: { type: "Metaspace" } }),
      /not known here/,
    ],
    ["that does not mark spaces", (c) => Object.assign(c, { normalizer: null }), /\(not at all\)/],
    ["that lowercases", (c) => c.normalizer.normalizers.push({ type: "Lowercase" }), /another Lowercase/],
  ])("%s", async (_, change, message) => {
    const folder = await changed("llama-2", { "tokenizer.model": null, "tokenizer.json": change });
    await expectRefusal(readTokenizer(folder, rowsOf("llama-2")), message);
  });
});

describe("tokenizer.model is rejected", () => {
  /** A protocol buffer field: tag, length, content. */
  const field = (number: number, ...bytes: readonly number[]) => [number * 8 + 2, bytes.length, ...bytes];
  const letter = field(1, ...field(1, 0x61));
  const bpe = field(2, 3 * 8, 2);

  test.each<[string, readonly number[], RegExp]>([
    ["that is empty", [], /holds no tokens/],
    ["that is none", [...Buffer.from("version 1.0: no model")], /is not a sentencepiece model/],
    ["that is cut short", [10, 100, 1], /is not a sentencepiece model/],
    ["with a text that is no UTF-8", field(1, ...field(1, 0xff)), /is not a sentencepiece model/],
    ["with a field beyond its message", field(1, 10, 60, 0x61), /is not a sentencepiece model/],
    ["with groups in groups", Array(5000).fill(11 * 8 + 3), /is not a sentencepiece model/],
    ["of kind unigram", [...letter, ...field(2, 3 * 8, 1)], /of kind unigram/],
    ["of no kind, which means unigram", letter, /of kind unigram/],
    ["of kind word", [...letter, ...field(2, 3 * 8, 3)], /of kind word/],
    ["with marks behind words", [...letter, ...field(2, 24, 2, 0xc0, 1, 1)], /behind words/],
    ["without marks", [...letter, ...bpe, ...field(3, 40, 0)], /behind words, or has none/],
    ["with a token of no type", [...field(1, 10, 1, 0x61, 24, 9), ...bpe], /has type 9/],
    ["with a score that is none", [...field(1, 10, 1, 0x61, 21, 0, 0, 0xc0, 0x7f), ...bpe], /score NaN/],
    ["without bytes", [...letter, ...bpe], /no token <0x00>: it was made without byte fallback/],
    ["with more tokens than rows", Array(11).fill(letter).flat(), /has 11 tokens, but.* 10 rows/],
  ])("%s", async (_, bytes, message) => {
    const folder = await scratchFolder();
    await writeFile(join(folder, "tokenizer.model"), Uint8Array.from(bytes));
    await expectRefusal(readTokenizer(folder, 10), message);
  });

  test("that is a folder", async () => {
    const folder = await changed("llama-2", {});
    await rm(join(folder, "tokenizer.model"));
    await writeFile(join(folder, "added_tokens.json"), '{"<x>": "one"}');
    await expectRefusal(readTokenizer(folder, 1100), /"<x>" has the id "one"/);
  });
});

test("an unchanged fixture is accepted", async () => {
  await expect(readTokenizer(await changed("llama-3", {}), rowsOf("llama-3"))).resolves.toBeDefined();
});
