import { describe, expect, test } from "@jest/globals";
import { readTokenizer } from "../../../lib/convert/tokenizer/index.js";
import { changed, loadWith, readFixture, rowsOf, tokenizerFixture, tokensOf } from "./support.js";

const words = readFixture<string[]>("words.json");

/** Words that llama.cpp tokenizes differently from transformers. */
async function differences(folder: string, rows: number, tokens: readonly number[][]): Promise<string[]> {
  const model = await loadWith((await readTokenizer(folder, rows)).entries, rows);
  const ours = await tokensOf(model, words);
  await model.dispose();
  return words.filter((_, word) => String(ours[word]) !== String(tokens[word]));
}

/**
 * Digits of Unicode 16, which llama.cpp's tables lack: a pre-tokenizer that splits digits treats them as symbols and
 * keeps them together with the space before them.
 */
const newDigits =
  /^[\u{10d40}-\u{10d49}\u{116d0}-\u{116e3}\u{11bf0}-\u{11bf9}\u{16130}-\u{16139}\u{16d70}-\u{16d79}\u{1ccf0}-\u{1ccf9}\u{1e5f1}-\u{1e5fa}]/u;

describe.each([
  ["llama-2", []],
  ["llama-3", [newDigits]],
  ["smaug", [newDigits]],
  ["smollm", [newDigits]],
  ["gpt-2", []],
  ["qwen2", [newDigits]],
])("%s", (name, exceptions) => {
  const tokens = readFixture<number[][]>(name, "tokens.json");

  test("gives the same tokens as transformers", async () => {
    expect(words.length).toBeGreaterThan(2000);
    expect(tokens.length).toBe(words.length);
    const expected = words.filter((word) => exceptions.some((exception) => exception.test(word)));
    expect(await differences(tokenizerFixture(name), rowsOf(name), tokens)).toEqual(expected);
  });
});

test("llama-2 gives the same tokens from tokenizer.json alone", async () => {
  const folder = await changed("llama-2", { "tokenizer.model": null });
  const tokens = readFixture<number[][]>("llama-2", "tokens.json");
  expect(await differences(folder, rowsOf("llama-2"), tokens)).toEqual([]);
});
