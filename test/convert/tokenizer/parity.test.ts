import { describe, expect, test } from "vitest";
import { readTokenizer } from "../../../lib/convert/tokenizer/index.js";
import { changed, loadWith, readFixture, rowsOf, tokenizerFixture, tokensOf } from "./support.js";

const words = readFixture<string[]>("words.json");

/** What llama.cpp makes of the words of `tokens` otherwise than transformers. */
async function differences(folder: string, rows: number, tokens: readonly number[][]): Promise<string[]> {
  const model = await loadWith((await readTokenizer(folder, rows)).entries, rows);
  const ours = await tokensOf(model, words);
  await model.dispose();
  return words.filter((_, word) => String(ours[word]) !== String(tokens[word]));
}

describe.each(["llama-2", "llama-3", "smaug", "smollm", "gpt-2", "qwen2"])("%s", (name) => {
  const tokens = readFixture<number[][]>(name, "tokens.json");

  test("becomes the tokens of transformers' own tokenizer", async () => {
    expect(words.length).toBeGreaterThan(2000);
    expect(tokens.length).toBe(words.length);
    expect(await differences(tokenizerFixture(name), rowsOf(name), tokens)).toEqual([]);
  });
});

test("llama-2 becomes the same tokens from tokenizer.json alone", async () => {
  const folder = await changed("llama-2", { "tokenizer.model": null });
  const tokens = readFixture<number[][]>("llama-2", "tokens.json");
  expect(await differences(folder, rowsOf("llama-2"), tokens)).toEqual([]);
});
