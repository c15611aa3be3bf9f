import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { BertShape } from "../../../lib/convert/checkpoint/bert-shape.js";
import { readTokenizer } from "../../../lib/convert/tokenizer/index.js";
import { scratchFolder } from "./support.js";

const tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "pain"];

/** How text is prepared by a WordPiece tokenizer with these files. */
async function normalizerOf(normalizer: object | undefined, config: object | undefined) {
  const folder = await scratchFolder();
  const write = (name: string, content: string) => writeFile(join(folder, name), content);
  await write("vocab.txt", tokens.join("\n"));
  if (config) await write("tokenizer_config.json", JSON.stringify(config));
  if (normalizer) {
    const sequence = { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] };
    const file = {
      normalizer: { type: "BertNormalizer", clean_text: true, ...normalizer },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: sequence,
      model: { type: "WordPiece", vocab: Object.fromEntries(tokens.map((text, id) => [text, id])) },
    };
    await write("tokenizer.json", JSON.stringify(file));
  }
  const shape = { vocabulary: "wordpiece", tokenTypes: 2 } as BertShape;
  const { entries } = await readTokenizer(folder, tokens.length, shape);
  const found = new Map(entries.map(([key, { value }]) => [key, value]));
  return [
    found.get("tokenizer.ggml.normalizer.lowercase"),
    found.get("tokenizer.ggml.normalizer.strip_accents"),
    found.get("vaner.normalizer.split_cjk"),
  ];
}

// As transformers 4 and 5 read them.
test.each([
  { file: undefined, config: undefined, expected: [true, true, true] },
  { file: undefined, config: { do_lower_case: false }, expected: [false, false, true] },
  { file: { lowercase: false, strip_accents: true }, config: undefined, expected: [false, true, true] },
  { file: { lowercase: false }, config: { do_lower_case: true }, expected: [true, true, true] },
  { file: { lowercase: true }, config: { do_lower_case: false }, expected: [false, false, true] },
  {
    file: { lowercase: true, strip_accents: true, handle_chinese_chars: true },
    config: { do_lower_case: false, strip_accents: null, tokenize_chinese_chars: false },
    expected: [false, false, false],
  },
  { file: { strip_accents: false }, config: { strip_accents: true }, expected: [true, true, true] },
  {
    file: { lowercase: false },
    config: { do_lower_case: true, tokenizer_class: "PreTrainedTokenizerFast" },
    expected: [false, false, true],
  },
])("the configuration wins over tokenizer.json: $file, $config", async ({ file, config, expected }) => {
  expect(await normalizerOf(file, config)).toEqual(expected);
});
