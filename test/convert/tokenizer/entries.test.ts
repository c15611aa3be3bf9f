import { describe, expect, test } from "@jest/globals";
import { changed, converted, type Json, readFixture, rowsOf, tokenizerFixture } from "./support.js";

interface TokenizerJson {
  readonly model: { readonly vocab: Record<string, number>; readonly merges: readonly (string | string[])[] };
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
}

/** llama.cpp's token types. */
const [normal, unknown, control, userDefined, unused, byte] = [1, 2, 3, 4, 5, 6];

describe("sentencepiece", () => {
  test("has llama.cpp's keys", async () => {
    const entries = await converted(tokenizerFixture("llama-2"), rowsOf("llama-2"));
    const { tokens, scores, token_type: types, ...others } = entries as Record<string, Json>;
    expect(others).toEqual({
      model: "llama",
      pre: "default",
      add_space_prefix: true,
      bos_token_id: 1,
      eos_token_id: 2,
      unknown_token_id: 0,
      padding_token_id: tokens.indexOf("<pad>"),
      add_bos_token: true,
      add_eos_token: false,
    });
    const size = rowsOf("llama-2");
    expect([tokens.length, types.length, scores.length]).toEqual([size, size, size]);
    expect(tokens.slice(0, 4)).toEqual(["<unk>", "<s>", "</s>", "<0x00>"]);
    expect(tokens.slice(1000)).toEqual(["<pad>", "<mutation>", "[PAD1002]", "[PAD1003]", "[PAD1004]"]);
    expect([...types.slice(0, 4)]).toEqual([control, control, control, byte]);
    expect([...types.slice(998)]).toEqual([normal, normal, control, userDefined, unused, unused, unused]);
    expect([...scores.slice(1000)]).toEqual([-1000, -1000, -10000, -10000, -10000]);
    expect([...scores.slice(258, 262)]).toEqual([0, -0, -1, -2]);
  });

  test("is complete without other files", async () => {
    const left = { "tokenizer.json": null, "tokenizer_config.json": null, "config.json": null };
    const entries = await converted(await changed("llama-2", left), 1000);
    expect(entries).toMatchObject({ bos_token_id: 1, eos_token_id: 2, unknown_token_id: 0 });
    expect(entries).toMatchObject({ add_bos_token: true, add_space_prefix: true });
    expect(entries).not.toHaveProperty("padding_token_id");
    expect([...(entries["token_type"] as Int32Array).slice(0, 4)]).toEqual([unknown, control, control, byte]);
  });

  test("reads added tokens from added_tokens.json, and recognizes control tokens by name", async () => {
    const folder = await changed("llama-2", {
      "tokenizer.json": null,
      "tokenizer_config.json": (config) => Object.assign(config, { pad_token: { content: "[EMPTY]" } }),
      "added_tokens.json": (added) =>
        Object.assign(added, { "[EMPTY]": 1000, "▁two▁words": 1001, "<|x|>": 1002 }),
    });
    const entries = await converted(folder, 1003);
    expect((entries["tokens"] as string[]).slice(1000)).toEqual(["[EMPTY]", " two words", "<|x|>"]);
    expect([...(entries["token_type"] as Int32Array).slice(1000)]).toEqual([control, userDefined, control]);
    expect(entries["padding_token_id"]).toBe(1000);
  });

  test.each([
    [{ add_prefix_space: false }, { add_space_prefix: false }],
    [{ add_bos_token: false }, { add_bos_token: false }],
  ])("follows %o", async (values, expected) => {
    const folder = await changed("llama-2", {
      "tokenizer_config.json": (config) => Object.assign(config, values),
    });
    expect(await converted(folder, rowsOf("llama-2"))).toMatchObject(expected);
  });

  test("from tokenizer.json differs in scores only, and their order is the same", async () => {
    const json = await converted(await changed("llama-2", { "tokenizer.model": null }), rowsOf("llama-2"));
    const model = await converted(tokenizerFixture("llama-2"), rowsOf("llama-2"));
    expect({ ...json, scores: 0 }).toEqual({ ...model, scores: 0 });
    const [ours, theirs] = [json["scores"], model["scores"]] as [Float32Array, Float32Array];
    const tokens = model["tokens"] as string[];
    const merged = [...tokens.keys()].filter(
      (id) => id >= 259 && id < 1000 && [...(tokens[id] ?? "")].length > 1,
    );
    const by = (scores: Float32Array) => merged.toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
    expect(merged.length).toBeGreaterThan(500);
    expect(by(ours)).toEqual(by(theirs));
  });

  test.each<[string, (content: Json) => unknown, boolean]>([
    ["Metaspace, first", (c) => metaspace(c, { prepend_scheme: "first", split: false }), true],
    ["Metaspace, always", (c) => metaspace(c, { prepend_scheme: "always", split: false }), true],
    ["Metaspace, never", (c) => metaspace(c, { prepend_scheme: "never", split: false }), false],
    ["Metaspace of old", (c) => metaspace(c, { add_prefix_space: true, split: false }), true],
    ["Replace alone", (c) => c.normalizer.normalizers.shift(), false],
  ])("recognizes %s", async (_, change, marked) => {
    const folder = await changed("llama-2", { "tokenizer.model": null, "tokenizer.json": change });
    expect((await converted(folder, rowsOf("llama-2")))["add_space_prefix"]).toBe(marked);
  });
});

describe("byte-level BPE", () => {
  test("has llama.cpp's keys", async () => {
    const file = readFixture<TokenizerJson>("llama-3", "tokenizer.json");
    const entries = await converted(tokenizerFixture("llama-3"), rowsOf("llama-3"));
    const { tokens, merges, token_type: types, ...others } = entries as Record<string, Json>;
    const [first] = file.added_tokens;
    expect(others).toEqual({
      model: "gpt2",
      pre: "llama-bpe",
      bos_token_id: first?.id,
      eos_token_id: (first?.id ?? 0) + 1,
      add_bos_token: true,
      add_eos_token: false,
    });
    expect(merges).toEqual(file.model.merges.map((merge) => (merge as string[]).join(" ")));
    for (const [token, id] of Object.entries(file.model.vocab)) expect(tokens[id]).toBe(token);
    expect([...types.slice(first?.id)]).toEqual([
      ...[control, control, control, userDefined],
      ...[unused, unused, unused],
    ]);
  });

  test.each([
    ["llama-3", "llama-bpe"],
    ["smaug", "smaug-bpe"],
    ["smollm", "smollm"],
    ["gpt-2", "gpt-2"],
    ["qwen2", "qwen2"],
  ])("of %s has the pre-tokenizer %s", async (name, pre) => {
    const entries = await converted(tokenizerFixture(name), rowsOf(name));
    expect(entries["pre"]).toBe(pre);
    expect(entries["add_bos_token"]).toBe(!["smollm", "gpt-2"].includes(name));
  });

  test("reads both spellings of merges", async () => {
    const pairs = await changed("smollm", {
      "tokenizer.json": ({ model }) => {
        model.merges = model.merges.map((merge: string) => merge.split(" "));
      },
    });
    expect(await converted(pairs, rowsOf("smollm"))).toEqual(
      await converted(tokenizerFixture("smollm"), rowsOf("smollm")),
    );
  });

  test("reads special tokens from config.json if tokenizer_config.json lacks them", async () => {
    const folder = await changed("smollm", {
      "tokenizer_config.json": null,
      "config.json": (config) =>
        Object.assign(config, { bos_token_id: 7, eos_token_id: [1, 2], pad_token_id: 2 ** 33 }),
    });
    const entries = await converted(folder, rowsOf("smollm"));
    expect(entries).toMatchObject({ bos_token_id: 7, add_bos_token: false });
    expect(entries).not.toHaveProperty("eos_token_id");
    expect(entries).not.toHaveProperty("padding_token_id");
  });
});

function metaspace(content: Json, options: object): void {
  content.normalizer = null;
  content.pre_tokenizer = { type: "Metaspace", replacement: "▁", ...options };
}
