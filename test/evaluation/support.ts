import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { type CorpusOptions, readCorpus } from "../../lib/evaluation/corpus.js";
import type { GoldText } from "../../lib/evaluation/gold.js";

/** Of the files of one test file. */
export const folder = mkdtempSync(join(tmpdir(), "vaner-corpus-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
/** @returns the path of a new file */
export function save(content: string | Uint8Array): string {
  const path = join(folder, `${files++}.txt`);
  writeFileSync(path, content);
  return path;
}

/** The texts of a corpus, with diseases unless the options say otherwise. */
export async function read(
  content: string | Uint8Array,
  options: Partial<CorpusOptions> = {},
): Promise<GoldText[]> {
  const texts: GoldText[] = [];
  for await (const text of readCorpus(save(content), { types: ["Disease"], ...options })) texts.push(text);
  return texts;
}

export const mentions = ({ text, entities }: GoldText) =>
  entities.map(({ type, start, end }) => `${type}: ${text.slice(start, end)}`);
