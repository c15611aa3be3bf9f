import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { convertCheckpoint } from "../../lib/convert/convert.js";
import { inspectModel, type ModelFile } from "../../lib/gguf/inspect.js";
import { quantizeModel } from "../../lib/quantize/quantize.js";
import { type AcceptedCase, acceptedCases, layOut } from "../support/checkpoints.js";
import { root } from "../support/paths.js";

const older = join(root, "test", "fixtures", "models", "tiny-f32.gguf");

let folder: string;
let model: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "vaner-hashes-"));
  model = join(folder, "model.gguf");
  const entry = acceptedCases.find(({ name }) => name === "vaner-full") as AcceptedCase;
  await convertCheckpoint({ ...layOut(entry, join(folder, "case")), output: model });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function verified(path: string): Promise<ModelFile["verification"]> {
  return (await inspectModel(path, { verify: true })).verification;
}

function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(path, bytes);
}

describe("hashes of tensors", () => {
  test("are written by a conversion, and name each tensor that changed", async () => {
    expect(await verified(model)).toEqual({ stored: true, damaged: [] });
    const { tensors } = await inspectModel(model);
    for (const { name, offset, size } of [...tensors.slice(0, 1), ...tensors.slice(-1)]) {
      const damaged = join(folder, "damaged.gguf");
      cpSync(model, damaged);
      flipBit(damaged, offset + size - 1);
      expect(await verified(damaged)).toEqual({ stored: true, damaged: [name] });
    }
  });

  test("follow a model through quantizing", async () => {
    const output = join(folder, "quantized.gguf");
    await quantizeModel({ input: model, output, type: "Q8_0" });
    expect(await verified(output)).toEqual({ stored: true, damaged: [] });
    const [before, after] = await Promise.all([inspectModel(model), inspectModel(output)]);
    const name = "blk.0.attn_q.weight";
    const hash = ({ tensors }: ModelFile) => tensors.find((tensor) => tensor.name === name)?.sha256;
    expect(hash(after)).not.toBe(hash(before));
  });

  test("are not said to be there where they are not", async () => {
    expect(await verified(older)).toEqual({ stored: false, damaged: [] });
    const output = join(folder, "quantized.gguf");
    await quantizeModel({ input: older, output, type: "Q8_0" });
    expect(await verified(output)).toEqual({ stored: false, damaged: [] });
  });

  test("are read only if asked for", async () => {
    expect((await inspectModel(model)).verification).toBeNull();
    const verify = 3 as unknown as boolean;
    await expect(inspectModel(model, { verify })).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
    await expect(inspectModel(model, { verify: true, signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});
