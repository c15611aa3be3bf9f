import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { inspectModel } from "../../lib/gguf/inspect.js";
import { type QuantizeOptions, quantizeModel } from "../../lib/quantize/quantize.js";
import { GgufEditor } from "../support/gguf.js";
import { fixture } from "../support/paths.js";

let folder: string;
let output: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vaner-quantize-"));
  output = join(folder, "out.gguf");
});
afterEach(() => rm(folder, { recursive: true }));

const input = fixture("tiny-f32");

/** The error of quantizing, which must leave the folder unchanged. */
async function failure(options: Partial<QuantizeOptions>): Promise<unknown> {
  const before = await readdir(folder);
  const error = await quantizeModel({ input, output, type: "Q8_0", ...options }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(await readdir(folder)).toEqual(before);
  return error;
}

describe("quantizeModel", () => {
  it("writes a model and reports the loss", async () => {
    const shares: number[] = [];
    const result = await quantizeModel({
      input,
      output,
      type: "q8_0",
      onProgress: (share) => shares.push(share),
    });
    const file = await inspectModel(output);
    expect(file.problem).toBeNull();
    expect(result).toMatchObject({ path: output, type: "Q8_0", sizeAfter: file.size, warnings: [] });
    expect(result.sizeBefore).toBe((await inspectModel(input)).size);
    expect(result.sizeAfter).toBeLessThan(result.sizeBefore / 2);
    expect(result.quantization).toEqual(file.quantization);
    expect(result.loss.relativeError).toBeGreaterThan(0.001);
    expect(result.loss.relativeError).toBeLessThan(0.01);
    expect(result.loss.worst?.relativeError).toBeGreaterThan(result.loss.relativeError);
    expect(result.loss.worst?.tensor).not.toMatch(/^cls|norm/);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(await readdir(folder)).toEqual(["out.gguf"]);
  });

  it("measures the loss by its definition", async () => {
    const { loss } = await quantizeModel({ input, output, type: "bf16" });
    const before = new GgufEditor(input);
    const after = new GgufEditor(output);
    let error = 0;
    let norm = 0;
    for (const { name, data, shape } of before.tensors) {
      const stored = after.tensor(name);
      const count = shape.reduce((product, extent) => product * extent, 1);
      for (let at = 0; at < count; at++) {
        const exact = data.readFloatLE(4 * at);
        const wide = Buffer.alloc(4);
        if (stored.type === 0) stored.data.copy(wide, 0, 4 * at, 4 * at + 4);
        else stored.data.copy(wide, 2, 2 * at, 2 * at + 2);
        error += (wide.readFloatLE(0) - exact) ** 2;
        norm += exact ** 2;
      }
    }
    expect(loss.relativeError).toBeCloseTo(Math.sqrt(error / norm), 9);
    expect(loss.relativeError).toBeGreaterThan(1e-4);
  });

  it("loses nothing if the type stays the same", async () => {
    const { loss } = await quantizeModel({ input, output, type: "F32" });
    expect(loss).toEqual({ relativeError: 0, worst: null });
  });

  it("warns about quantized input and about rows that do not fit", async () => {
    const { warnings } = await quantizeModel({ input: fixture("tiny-q8_0"), output, type: "Q4_K_M" });
    expect(warnings).toEqual([
      expect.stringContaining("already quantized (Q8_0)"),
      expect.stringMatching(/The rows of \d+ tensors are not a multiple of 256/),
    ]);
  });

  it("replaces a file only when the new one is complete", async () => {
    await writeFile(output, "before");
    expect(await failure({ input: fixture("tiny-llama") })).toMatchObject({
      code: "ERR_VANER_MODEL_ARCHITECTURE",
    });
    expect(await readFile(output, "utf8")).toBe("before");
    await quantizeModel({ input, output, type: "Q8_0" });
    expect((await inspectModel(output)).problem).toBeNull();
  });

  it("does not overwrite its input, under any name", async () => {
    const copy = join(folder, "in.gguf");
    const bytes = await readFile(input);
    await writeFile(copy, bytes);
    await link(copy, join(folder, "hard.gguf"));
    await symlink(copy, join(folder, "soft.gguf"));
    await symlink(folder, join(folder, "folder"));
    for (const name of ["in.gguf", "hard.gguf", "soft.gguf", "folder/in.gguf"]) {
      expect(await failure({ input: copy, output: join(folder, name) })).toMatchObject({
        code: "ERR_VANER_INVALID_ARGUMENT",
      });
    }
    expect(await failure({ importance: copy, output: copy })).toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
    expect((await readFile(copy)).equals(bytes)).toBe(true);
  });

  it.each<[string, object]>([
    ["an unknown type", { type: "Q9_9" }],
    ["a type that is no text", { type: 8 }],
    ["a fraction of threads", { threads: 1.5 }],
    ["no output", { output: "" }],
    ["no input", { input: "" }],
    ["progress to nobody", { onProgress: "loud" }],
    ["a signal that is none", { signal: {} }],
    ["a type that needs an importance matrix", { type: "IQ2_XS" }],
    ["an importance matrix that does not exist", { importance: "/none" }],
    ["an importance matrix that is none", { importance: fixture("tiny-f32") }],
  ])("rejects %s", async (_, options) => {
    expect(await failure(options)).toMatchObject({ code: "ERR_VANER_INVALID_ARGUMENT" });
  });

  it("distinguishes errors of the input and of the output", async () => {
    expect(await failure({ input: join(folder, "none") })).toMatchObject({
      code: "ERR_VANER_MODEL_NOT_FOUND",
    });
    expect(await failure({ output: join(folder, "none", "out") })).toMatchObject({
      code: "ERR_VANER_OUTPUT",
    });
    await mkdir(output);
    expect(await failure({})).toMatchObject({ code: "ERR_VANER_OUTPUT" });
    const bad = join(folder, "bad.gguf");
    await writeFile(bad, new GgufEditor(input).fill("blk.0.attn_q.weight", Number.NaN).toBytes());
    expect(await failure({ input: bad, output: join(folder, "o") })).toMatchObject({
      code: "ERR_VANER_MODEL_WEIGHTS",
      message: expect.stringMatching(/blk\.0\.attn_q\.weight.*NaN/),
    });
  });

  it("stops on abort, before and during work, and leaves no file", async () => {
    expect(await failure({ signal: AbortSignal.abort("before") })).toBe("before");
    for (const share of [0, 0.3, 0.6, 0.95]) {
      const controller = new AbortController();
      const onProgress = (done: number) => {
        if (done >= share) controller.abort("on the way");
      };
      expect(await failure({ signal: controller.signal, onProgress })).toBe("on the way");
    }
  });
});
