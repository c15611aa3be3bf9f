import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import type { Document } from "../../../lib/documents/document.js";
import { runFiles, type Transform } from "../../../lib/documents/job/run-files.js";
import type { RunFilesOptions } from "../../../lib/documents/job/run-options.js";
import type { FileResult } from "../../../lib/documents/job/sink.js";

/** A folder that is removed behind the tests of a file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "vaner-jobs-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Gives documents as they are. */
export const unchanged: Transform = (documents) => documents;

/** Fails instead of giving the document with this index. */
export function failingAt(index: number): Transform {
  return async function* (documents: AsyncIterable<Document>) {
    let count = 0;
    for await (const document of documents) {
      if (count++ === index) throw new Error("interrupted");
      yield document;
    }
  };
}

/** Runs files and gives what became of them. */
export async function run(
  transform: Transform,
  inputs: readonly string[],
  output: string,
  options: Partial<RunFilesOptions> = {},
): Promise<FileResult[]> {
  const results: FileResult[] = [];
  for await (const result of runFiles(transform, inputs, output, { annotates: false, ...options })) {
    results.push(result);
  }
  return results;
}

/** The files of a folder with their contents. */
export function contentsOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "latin1")]),
  );
}
