import { mkdtempSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { rowCount } from "../../../lib/convert/weights/rows.js";
import type { WeightSource } from "../../../lib/convert/weights/source.js";
import { VanerError } from "../../../lib/errors.js";
import { root } from "../../support/paths.js";

const folder = join(root, "test", "fixtures", "torch-files");

/** A file of `test/fixtures/torch-files`. */
export function torchFile(...path: string[]): string {
  return join(folder, ...path);
}

/** Content of a file: tensor name -> type, shape and bytes. */
export type Contents = Record<string, { type: string; shape: number[]; bytes: string }>;

export const expected: Record<string, Contents> = JSON.parse(
  readFileSync(torchFile("expected.json"), "utf8"),
);

const scratch = mkdtempSync(join(tmpdir(), "vaner-weights-"));
afterAll(() => rm(scratch, { recursive: true }));

/** A path in a folder that is removed after this test file. */
export function scratchPath(...path: string[]): string {
  return join(scratch, ...path);
}

/** Writes a file into the scratch folder. */
export async function scratchFile(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(scratchPath(name), content);
  return scratchPath(name);
}

/** All tensors of a source, read `step` rows at a time. */
export async function contentsOf(source: WeightSource, step = 1): Promise<Contents> {
  const contents = new Map<string, Contents[string]>();
  for (const [name, tensor] of source.tensors) {
    const { type, shape } = tensor;
    const pieces: Uint8Array[] = [];
    for (let first = 0; first < rowCount(tensor); first += step) {
      pieces.push(await source.readRows(name, first, Math.min(step, rowCount(tensor) - first)));
    }
    contents.set(name, { type, shape: [...shape], bytes: Buffer.concat(pieces).toString("hex") });
  }
  return Object.fromEntries(contents);
}

/** Opens and reads a file that may be damaged. The only error that it may throw is a VanerError. */
export async function survives(open: () => Promise<WeightSource>): Promise<void> {
  try {
    const source = await open();
    try {
      for (const [name, tensor] of source.tensors) {
        const rows = rowCount(tensor);
        if (rows === 0) continue;
        await source.readRows(name, 0, 1);
        await source.readRows(name, rows - 1, 1);
        await source.readRows(name, 0, Math.min(rows, 1000));
      }
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof VanerError) || error.code !== "ERR_VANER_CHECKPOINT") throw error;
  }
}
