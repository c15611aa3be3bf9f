import { describe, expect, test } from "@jest/globals";
import type { BertShape } from "../../../lib/convert/checkpoint/bert-shape.js";
import { readTokenizer } from "../../../lib/convert/tokenizer/index.js";
import { expectRefusal } from "../../support/failure.js";
import { encoderFolder, type Json } from "./support.js";

const bert = { vocabulary: "wordpiece", tokenTypes: 2 } as BertShape;
const rows = 1000;

describe("an added token", () => {
  const added = (content: string, special: boolean) => (file: Json) =>
    file.added_tokens.push({ id: Object.keys(file.model.vocab).length, content, special });
  const decoder = (content: string) => (file: Json) =>
    Object.assign(file, { added_tokens_decoder: { 900: { content, special: false } } });

  test.each<[string, string, Parameters<typeof encoderFolder>[1]]>([
    ["tokenizer.json", "bert-uncased", { "tokenizer.json": added("TNF", false) }],
    ["tokenizer_config.json", "bert-cased", { "tokenizer_config.json": decoder("TNF") }],
    ["added_tokens.json", "bert-cased", { "added_tokens.json": (file) => Object.assign(file, { TNF: 900 }) }],
  ])("that text may become is rejected, in %s", async (_, name, changes) => {
    const folder = await encoderFolder(name, changes);
    await expectRefusal(readTokenizer(folder, rows, bert), /added token "TNF".*before all others/);
  });

  test("that is special is no word", async () => {
    const folder = await encoderFolder("bert-uncased", { "tokenizer.json": added("entity", true) });
    const { entries } = await readTokenizer(folder, rows, bert);
    const values: Json = Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
    const id = values["tokenizer.ggml.tokens"].indexOf("entity");
    expect(values["tokenizer.ggml.token_type"][id]).toBe(3);
    expect(values["tokenizer.ggml.tokens"]).not.toContain("▁entity");
  });
});
