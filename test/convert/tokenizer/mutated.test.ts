import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { types } from "node:util";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { BertShape } from "../../../lib/convert/checkpoint/bert-shape.js";
import type { ModernBertShape } from "../../../lib/convert/checkpoint/modernbert-shape.js";
import { readTokenizer } from "../../../lib/convert/tokenizer/index.js";
import { VanerError } from "../../../lib/errors.js";
import {
  encoderFolder,
  expectValid,
  loadWith,
  mutated,
  rowsOf,
  scratchFolder,
  tokenizerFixture,
} from "./support.js";

describe.each([
  ["llama-2", "tokenizer.model", []],
  ["llama-2", "tokenizer.json", ["tokenizer.model"]],
  ["llama-3", "tokenizer.json", []],
  ["llama-3", "tokenizer_config.json", []],
])("%s with a damaged %s", (name, damaged, leftOut) => {
  test("converts to a model that loads, or fails with a VanerError", async () => {
    const folder = await scratchFolder();
    const files = ["config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model"];
    await mkdir(folder, { recursive: true });
    for (const file of files.filter((file) => !(leftOut as string[]).includes(file))) {
      const original = read(name, file);
      if (original) await writeFile(join(folder, file), original);
    }
    const original = read(name, damaged) as Uint8Array;
    const rows = rowsOf(name);
    await fc.assert(
      fc.asyncProperty(mutated(original), async (bytes) => {
        await writeFile(join(folder, damaged), bytes);
        const result = await readTokenizer(folder, rows).catch((error: unknown) => error);
        if (types.isNativeError(result)) {
          expect(result).toBeInstanceOf(VanerError);
          expect(result).toMatchObject({ code: "ERR_VANER_CHECKPOINT" });
          return;
        }
        const { entries } = result as Awaited<ReturnType<typeof readTokenizer>>;
        expectValid(entries, rows);
        const model = await loadWith(entries, rows);
        expect(model.info.vocabularySize).toBe(rows);
        await model.dispose();
      }),
      { numRuns: 40 },
    );
  });
});

/** As much of a shape as the reader of a tokenizer needs. */
const shapes = {
  wordpiece: { vocabulary: "wordpiece", tokenTypes: 2 } as BertShape,
  runningText: { vocabulary: "running-text", tokenTypes: 1 } as BertShape,
  modernBert: { vocabulary: "modern-bert", tokenTypes: 0 } as ModernBertShape,
};

test.each([
  ["bert-uncased", "tokenizer.json", shapes.wordpiece],
  ["bert-cased", "vocab.txt", shapes.wordpiece],
  ["bert-cased", "tokenizer_config.json", shapes.wordpiece],
  ["roberta", "tokenizer.json", shapes.runningText],
  ["roberta-types", "vocab.json", shapes.runningText],
  ["roberta-types", "merges.txt", shapes.runningText],
  ["xlm-roberta", "tokenizer.json", shapes.runningText],
  ["camembert", "sentencepiece.bpe.model", shapes.runningText],
  ["modernbert", "tokenizer.json", shapes.modernBert],
])("%s with a damaged %s converts, or fails with a VanerError", async (name, file, shape) => {
  const rows = 1000;
  const folder = await encoderFolder(name);
  await fc.assert(
    fc.asyncProperty(mutated(readFileSync(join(folder, file))), async (bytes) => {
      await writeFile(join(folder, file), bytes);
      const result = await readTokenizer(folder, rows, shape).catch((error: unknown) => error);
      if (types.isNativeError(result)) {
        expect(result).toBeInstanceOf(VanerError);
        expect(result).toMatchObject({ code: "ERR_VANER_CHECKPOINT" });
      } else expectValid((result as Awaited<ReturnType<typeof readTokenizer>>).entries, rows);
    }),
  );
});

function read(name: string, file: string): Uint8Array | undefined {
  try {
    return readFileSync(tokenizerFixture(name, file));
  } catch {
    return undefined;
  }
}
