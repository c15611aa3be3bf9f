import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { MergedWeights } from "../../../lib/convert/adapters/merged.js";
import { openAdapter } from "../../../lib/convert/adapters/peft.js";
import { openWeights } from "../../../lib/convert/weights/open.js";
import type { WeightSource } from "../../../lib/convert/weights/source.js";
import { factors, ramp, type Tensors, temporaryFolder, writeAdapter } from "../../support/adapters.js";
import { onTestFinished } from "../../support/cleanup.js";
import { safetensorsBytes } from "../../support/safetensors.js";

const query = "model.layers.0.self_attn.q_proj";
const plainQuery = "layers.0.self_attn.q_proj.weight";
const base: Tensors = {
  [`${query}.weight`]: { shape: [5, 3], type: "BF16", data: ramp(15, 2) },
  "model.norm.weight": { shape: [3], type: "BF16", data: ramp(3, 1) },
  "score.weight": { shape: [2, 3], data: ramp(6, 1) },
};

async function merge(tensors: Tensors, ...adapters: string[]): Promise<MergedWeights> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "model.safetensors"), safetensorsBytes(tensors));
  const checkpoint = await openWeights(folder);
  const opened = await Promise.all(adapters.map((adapter) => openAdapter(adapter)));
  onTestFinished(async () => {
    await Promise.all([checkpoint, ...opened].map((source) => source.close()));
  });
  return new MergedWeights(checkpoint, opened);
}

/** W + scale * B A with the factors of `factors()`, in double precision. */
function updated(weight: readonly number[], scale: number, rank = 4, inputs = 3): number[] {
  const a = ramp(rank * inputs, 0.25);
  const b = ramp((weight.length / inputs) * rank, -0.5);
  return weight.map((start, at) => {
    const row = Math.floor(at / inputs);
    const products = Array.from(
      { length: rank },
      (_, r) => (b[row * rank + r] as number) * (a[r * inputs + (at % inputs)] as number),
    );
    return start + scale * products.reduce((sum, product) => sum + product);
  });
}

describe("merged weights", () => {
  test("without adapters equal the checkpoint, under plain names", async () => {
    const weights = await merge(base);
    expect([...weights.tensors.values()]).toEqual([
      { name: plainQuery, shape: [5, 3], type: "BF16" },
      { name: "norm.weight", shape: [3], type: "BF16" },
      { name: "score.weight", shape: [2, 3], type: "F32" },
    ]);
    expect(await weights.readRows("norm.weight", 1, 2)).toHaveLength(4);
    expect(await weights.readFloats("norm.weight", 1, 2)).toEqual(Float32Array.of(-6, -5));
    expect(await weights.readFloats("score.weight", 1, 1)).toEqual(Float32Array.of(-4, -3, -2));
  });

  test("include the update, whichever rows are read", async () => {
    const weights = await merge(base, writeAdapter(factors(query)));
    const expected = Float32Array.from(updated(ramp(15, 2), 8));
    expect(weights.tensors.get(plainQuery)?.type).toBe("F32");
    expect(weights.tensors.get("norm.weight")?.type).toBe("BF16");
    await fc.assert(
      fc.asyncProperty(fc.nat(4), fc.integer({ min: 1, max: 5 }), async (first, most) => {
        const count = Math.min(most, 5 - first);
        const rows = expected.slice(3 * first, 3 * (first + count));
        expect(await weights.readFloats(plainQuery, first, count)).toEqual(rows);
        expect(await weights.readRows(plainQuery, first, count)).toEqual(new Uint8Array(rows.buffer));
      }),
    );
  });

  test("can be read concurrently", async () => {
    const value = "model.layers.0.self_attn.v_proj";
    const tensors = { ...base, [`${value}.weight`]: { shape: [5, 3], data: ramp(15, 2) } };
    const weights = await merge(tensors, writeAdapter({ ...factors(query), ...factors(value) }));
    const names = [plainQuery, "layers.0.self_attn.v_proj.weight"];
    const rows = await Promise.all(
      [4, 0, 2, 1, 3].flatMap((row) => names.map((name) => weights.readFloats(name, row, 1))),
    );
    const expected = Float32Array.from(updated(ramp(15, 2), 8));
    for (const [at, row] of [4, 0, 2, 1, 3].entries()) {
      expect(rows[2 * at]).toEqual(expected.slice(3 * row, 3 * row + 3));
      expect(rows[2 * at + 1]).toEqual(rows[2 * at]);
    }
  });

  test("include the updates of all adapters", async () => {
    const second = writeAdapter(factors(query, { rank: 2 }), { r: 2, lora_alpha: 3 });
    const weights = await merge(base, writeAdapter(factors(query)), second);
    const expected = Float32Array.from(updated(updated(ramp(15, 2), 8), 3 / 2, 2));
    expect(await weights.readFloats(plainQuery, 0, 5)).toEqual(expected);
  });

  test("take whole tensors from the last adapter that has them, and add later updates", async () => {
    const replacement = (step: number): Tensors => ({
      [`base_model.model.${query}.weight`]: { shape: [5, 3], data: ramp(15, step) },
      "base_model.model.classifier.weight": { shape: [2, 3], data: ramp(6, step) },
    });
    const modules_to_save = ["q_proj", "classifier"];
    const weights = await merge(
      base,
      writeAdapter(factors(query)),
      writeAdapter(replacement(3), { modules_to_save }),
      writeAdapter(replacement(4), { modules_to_save }),
      writeAdapter(factors(query)),
    );
    const expected = Float32Array.from(updated(ramp(15, 4), 8));
    expect(await weights.readFloats(plainQuery, 0, 5)).toEqual(expected);
    expect(await weights.readFloats("classifier.weight", 0, 2)).toEqual(Float32Array.from(ramp(6, 4)));
    expect(weights.tensors.get("classifier.weight")).toMatchObject({ shape: [2, 3], type: "F32" });
  });

  test("are close to sums in double precision, for any numbers", async () => {
    const floats = (length: number) =>
      fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: length, maxLength: length });
    const adapter = writeAdapter({});
    const checkpoint = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(floats(12), floats(8), floats(6), async (weight, a, b) => {
        writeFileSync(
          join(adapter, "adapter_model.safetensors"),
          safetensorsBytes({
            [`base_model.model.${query}.lora_A.weight`]: { shape: [2, 4], data: a },
            [`base_model.model.${query}.lora_B.weight`]: { shape: [3, 2], data: b },
          }),
        );
        writeFileSync(
          join(adapter, "adapter_config.json"),
          JSON.stringify({ peft_type: "LORA", r: 2, lora_alpha: 1 }),
        );
        writeFileSync(
          join(checkpoint, "model.safetensors"),
          safetensorsBytes({ [`${query}.weight`]: { shape: [3, 4], data: weight } }),
        );
        const opened = await openAdapter(adapter);
        const weights = new MergedWeights(await openWeights(checkpoint), [opened]);
        const rows = await weights.readFloats(plainQuery, 0, 3);
        await weights.close();
        rows.forEach((row, at) => {
          const [out, column] = [Math.floor(at / 4), at % 4];
          const terms = [0, 1].map((r) => (b[2 * out + r] as number) * (a[4 * r + column] as number));
          const parts = [weight[at] as number, ...terms.map((term) => 0.5 * term)];
          const exact = parts.reduce((sum, part) => sum + part);
          // Terms may cancel or underflow: each of four operations rounds what is as large as they are, or the least float.
          const size = parts.reduce((sum, part) => sum + Math.abs(part), 0);
          expect(Math.abs(row - exact)).toBeLessThanOrEqual(4 * (size * 2 ** -24 + 2 ** -149));
        });
      }),
      { numRuns: 50 },
    );
  });

  test("close all files", async () => {
    const weights = await merge(base, writeAdapter(factors(query)));
    await weights.close();
    await weights.close();
    await expect(weights.readFloats(plainQuery, 0, 1)).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
    });
  });
});

describe("errors name", () => {
  test.each<[string, Tensors, Tensors, string]>([
    [
      "two names for a tensor",
      { ...base, "norm.weight": { shape: [3] } },
      {},
      'both "model.norm.weight" and "norm.weight"',
    ],
    [
      "an update of nothing",
      base,
      factors("model.layers.1.self_attn.q_proj"),
      "layers.1.self_attn.q_proj.weight",
    ],
    ["an update with more rows", base, factors(query, { outputs: 6 }), "[6, 3]"],
    ["an update with more columns", base, factors(query, { inputs: 4 }), "[5, 4]"],
    ["an update of a norm", base, { ...factors("model.norm", { outputs: 3, inputs: 1 }) }, "[3]"],
    [
      "an update of quantized weights",
      { ...base, [`${query}.weight`]: { shape: [5, 3], type: "U8" } },
      factors(query),
      "quantized",
    ],
  ])("%s", async (_, tensors, adapter, named) => {
    await expect(merge(tensors, writeAdapter(adapter))).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining(named),
    });
  });

  test("integer weights, and unknown tensor names", async () => {
    const weights = await merge({ position_ids: { shape: [2], type: "I32" } });
    for (const name of ["position_ids", "toString"]) {
      await expect(weights.readFloats(name, 0, 1)).rejects.toMatchObject({
        code: "ERR_VANER_CHECKPOINT",
        message: expect.stringContaining(name),
      });
    }
  });

  test("unreadable tensors, unless an adapter replaces them", async () => {
    const broken: WeightSource = {
      tensors: new Map(),
      unreadable: new Map([
        [`${query}.weight`, "it is not contiguous"],
        ["score.weight", "it is sparse"],
      ]),
      readRows: () => Promise.reject(new Error("unread")),
      close: async () => {},
    };
    const head = { "base_model.model.score.weight": { shape: [2, 3] } };
    const [adapter, updating] = await Promise.all(
      [writeAdapter(head), writeAdapter(factors(query))].map((folder) => openAdapter(folder)),
    );
    if (!adapter || !updating) throw new Error("both were opened");
    const weights = new MergedWeights(broken, [adapter]);
    expect(weights.unreadable).toEqual(new Map([[plainQuery, "it is not contiguous"]]));
    expect(() => new MergedWeights(broken, [updating])).toThrow(/it is not contiguous/);
    await weights.close();
    await updating.close();
  });
});
