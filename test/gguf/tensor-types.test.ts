import { describe, expect, it } from "@jest/globals";
import { runJob } from "../../lib/binding/jobs.js";
import { loadAddon } from "../../lib/binding/loader.js";
import { fitsBlocks, type TensorType, tensorBytes, tensorTypes } from "../../lib/gguf/tensor-types.js";

const names = Object.keys(tensorTypes) as TensorType[];

describe("tensor types", () => {
  it("are those that the addon can write", () => {
    expect([...names].sort()).toEqual([...loadAddon().quantizeTypes().tensors].sort());
  });

  it.each(names)("%s has the same size as in ggml", async (type) => {
    const rows = new Uint8Array(4 * 3 * 512);
    const encoded = await runJob(() => loadAddon().encodeRows(rows, "F32", type, 512));
    expect(tensorBytes(type, [512, 3])).toBe(encoded.length);
    const { blockSize } = tensorTypes[type];
    expect(fitsBlocks(type, 3 * blockSize)).toBe(true);
    if (blockSize === 1) return;
    expect(fitsBlocks(type, 3 * blockSize - 1)).toBe(false);
    const tooFew = new Uint8Array(4 * (blockSize - 1));
    await expect(
      runJob(() => loadAddon().encodeRows(tooFew, "F32", type, blockSize - 1)),
    ).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
  });
});
