import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { openAdapter } from "../../../lib/convert/adapters/peft.js";
import { ConfigObject } from "../../../lib/convert/checkpoint/config-object.js";
import { readShape } from "../../../lib/convert/checkpoint/shape.js";
import { convertAdapter } from "../../../lib/convert/convert-adapter.js";
import type { ConvertAdapterOptions } from "../../../lib/convert/options.js";
import { planUpdates } from "../../../lib/convert/output/adapter-plan.js";
import { factors, ramp, type Tensors, temporaryFolder, writeAdapter } from "../../support/adapters.js";
import { onTestFinished } from "../../support/cleanup.js";
import { GgufEditor } from "../../support/gguf.js";

/** Two query heads of four elements, one key-value head. */
const config = {
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  vocab_size: 10,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
};
const query = factors("model.layers.0.self_attn.q_proj", { rank: 2, inputs: 8, outputs: 8 });
const key = factors("model.layers.1.self_attn.k_proj", { rank: 4, inputs: 8, outputs: 4 });
const down = factors("model.layers.1.mlp.down_proj", { rank: 2, inputs: 6, outputs: 8 });
const head: Tensors = {
  "base_model.model.classifier.weight": { shape: [3, 8], data: ramp(24, 1) },
  "base_model.model.classifier.bias": { shape: [3], data: ramp(3, 1) },
};

/** The source of row r in a head of four: halves are interleaved. */
const interleaved = [0, 2, 1, 3];

function writeBase(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}

async function convert(
  tensors: Tensors,
  settings: Record<string, unknown> = {},
  options: Partial<ConvertAdapterOptions> = {},
) {
  const output = join(temporaryFolder(), "adapter.gguf");
  const adapter = writeAdapter(tensors, { r: 2, ...settings });
  const file = await convertAdapter({ adapter, base: writeBase(), output, ...options });
  return { file, output, written: new GgufEditor(output) };
}

function floatsOf(written: GgufEditor, name: string): number[] {
  const { data, shape } = written.tensor(name);
  const count = shape.reduce((product, extent) => product * extent);
  return Array.from({ length: count }, (_, at) => data.readFloatLE(4 * at));
}

describe("an adapter in a GGUF file", () => {
  test("has pairs with the names and order of llama.cpp", async () => {
    const { file, written } = await convert({ ...query, ...down });
    expect(file.metadata).toMatchObject({
      "general.architecture": "llama-embed",
      "general.type": "adapter",
      "adapter.type": "lora",
      "adapter.lora.alpha": 32,
    });
    expect(file.tensors.map(({ name, shape, type }) => [name, type, ...shape])).toEqual([
      ["blk.0.attn_q.weight.lora_a", "F32", 8, 2],
      ["blk.0.attn_q.weight.lora_b", "F32", 2, 8],
      ["blk.1.ffn_down.weight.lora_a", "F32", 6, 2],
      ["blk.1.ffn_down.weight.lora_b", "F32", 2, 8],
    ]);
    expect(Object.keys(file.metadata).filter((name) => /vaner|causal|classifier/.test(name))).toEqual([]);
    expect(floatsOf(written, "blk.0.attn_q.weight.lora_a")).toEqual(ramp(16, 0.25));
    expect(floatsOf(written, "blk.1.ffn_down.weight.lora_b")).toEqual(ramp(16, -0.5));
    const b = ramp(16, -0.5);
    const rows = [...interleaved, ...interleaved.map((row) => row + 4)];
    expect(floatsOf(written, "blk.0.attn_q.weight.lora_b")).toEqual(
      rows.flatMap((row) => b.slice(2 * row, 2 * row + 2)),
    );
  });

  test.each([
    [{}, 16],
    [{ use_rslora: true }, 32 / Math.SQRT2],
    [{ alpha_pattern: { q_proj: 3 } }, 1.5],
    [{ lora_alpha: 0 }, 0],
    [{ lora_alpha: 1e-60 }, 0],
  ])("is scaled by alpha / rank and by lora_b: %j", async (settings, scale) => {
    const { file, written } = await convert(query, settings);
    const alpha = file.metadata["adapter.lora.alpha"] as number;
    expect(alpha).not.toBe(0);
    const b = floatsOf(written, "blk.0.attn_q.weight.lora_b");
    ramp(16, -0.5)
      .slice(0, 2)
      .forEach((value, at) => {
        expect((b[at] as number) * (alpha / 2)).toBeCloseTo(scale * value, 4);
      });
  });

  test("has pairs of different ranks", async () => {
    const { file, written } = await convert({ ...query, ...key }, { rank_pattern: { k_proj: 4 } });
    expect(file.tensors.at(-1)?.shape).toEqual([4, 4]);
    const b = ramp(16, -0.5);
    expect(floatsOf(written, "blk.1.attn_k.weight.lora_b")).toEqual(
      interleaved.flatMap((row) => b.slice(4 * row, 4 * row + 4)),
    );
  });

  test("includes the head that was trained with it", async () => {
    const { file, written } = await convert({ ...query, ...head });
    expect(file).toMatchObject({
      format: 1,
      heads: ["*"],
      labels: ["O", "B", "I"],
      tagging: "BIO",
      causal: false,
    });
    expect(floatsOf(written, "cls.output.weight")).toEqual(ramp(24, 1));
    expect(floatsOf(written, "cls.output.bias")).toEqual(ramp(3, 1));
    const without = await convert({ ...query, ...head }, {}, { heads: false });
    expect(without.file.tensors).toHaveLength(2);
  });

  test("can be read in any pieces", async () => {
    const adapter = await openAdapter(writeAdapter(query, { r: 2, use_rslora: true }));
    onTestFinished(() => adapter.close());
    const tensors = planUpdates(adapter, readShape(new ConfigObject("config.json", config)));
    for (const { source, shape } of tensors) {
      if (source.kind !== "floats") throw new Error("updates are floats");
      const [columns = 0, rows = 0] = shape;
      const whole = await source.tensor.readFloats(0, rows);
      await fc.assert(
        fc.asyncProperty(fc.nat(rows - 1), fc.integer({ min: 1, max: rows }), async (first, most) => {
          const count = Math.min(most, rows - first);
          expect(await source.tensor.readFloats(first, count)).toEqual(
            whole.slice(columns * first, columns * (first + count)),
          );
        }),
      );
    }
  });
});

describe("errors name what no model could load", () => {
  const norm = { "base_model.model.model.norm.weight": { shape: [8] } };
  test.each<[string, Tensors, string]>([
    [
      "another base's updates",
      factors("model.layers.2.self_attn.q_proj", { rank: 2, inputs: 8, outputs: 8 }),
      "layers.2",
    ],
    [
      "updates of another shape",
      factors("model.layers.0.self_attn.k_proj", { rank: 2, inputs: 8, outputs: 8 }),
      "[8, 8]",
    ],
    [
      "an update of the embedding",
      factors("model.embed_tokens", { rank: 2, inputs: 8, outputs: 10 }),
      "embed_tokens",
    ],
    ["a norm", norm, "merged"],
    [
      "parts of a head",
      { "base_model.model.classifier.dense.weight": { shape: [8, 8] } },
      "classifier.dense.weight",
    ],
    ["a head for another base", { "base_model.model.classifier.weight": { shape: [3, 9] } }, "[3, 9]"],
    ["nothing", {}, "changes nothing"],
  ])("%s", async (_, tensors, named) => {
    const output = join(temporaryFolder(), "adapter.gguf");
    const settings = { modules_to_save: ["norm", "classifier"] };
    await expect(convert(tensors, settings, { output })).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining(named),
    });
    expect(existsSync(output)).toBe(false);
  });

  test("a missing folder, and a signal that is aborted", async () => {
    await expect(convert(query, {}, { base: "" })).rejects.toMatchObject({
      code: "ERR_VANER_INVALID_ARGUMENT",
    });
    await expect(convert(query, {}, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});
