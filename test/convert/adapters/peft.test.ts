import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { openAdapter } from "../../../lib/convert/adapters/peft.js";
import {
  factors,
  plainConfig,
  ramp,
  type Tensors,
  temporaryFolder,
  writeAdapter,
} from "../../support/adapters.js";

const query = "model.layers.0.self_attn.q_proj";
const value = "model.layers.11.self_attn.v_proj";

/** Opens and closes an adapter. Its updates can no longer be read. */
async function opened(folder: string) {
  const adapter = await openAdapter(folder);
  await adapter.close();
  return adapter;
}

async function scaleOf(settings: Record<string, unknown>, rank = 4) {
  const adapter = await opened(writeAdapter(factors(query, { rank }), settings));
  return adapter.updates.get("layers.0.self_attn.q_proj.weight")?.scale;
}

describe("an adapter", () => {
  test("has updates and whole modules, under plain names", async () => {
    const folder = writeAdapter({
      ...factors(query),
      ...factors(value, { inputs: 2, outputs: 6 }),
      "base_model.model.classifier.weight": { shape: [3, 2], data: ramp(6, 1), type: "BF16" },
      "base_model.model.classifier.bias": { shape: [3], data: ramp(3, 1) },
      "base_model.model.model.embed_tokens.base_layer.weight": { shape: [2, 2] },
    });
    const adapter = await openAdapter(folder);
    expect(adapter.config).toMatchObject({ baseModel: "base", taskType: "TOKEN_CLS", rank: 4, alpha: 32 });
    expect([...adapter.updates.keys()]).toEqual([
      "layers.0.self_attn.q_proj.weight",
      "layers.11.self_attn.v_proj.weight",
    ]);
    const update = adapter.updates.get("layers.11.self_attn.v_proj.weight");
    expect(update).toMatchObject({ rank: 4, inputs: 2, outputs: 6, scale: 8 });
    expect(await update?.readA()).toEqual(Float32Array.from(ramp(8, 0.25)));
    expect(await update?.readB(1, 2)).toEqual(Float32Array.from(ramp(24, -0.5).slice(4, 12)));
    expect([...adapter.replaced.tensors.values()]).toEqual([
      { name: "classifier.weight", shape: [3, 2], type: "BF16" },
      { name: "classifier.bias", shape: [3], type: "F32" },
      { name: "embed_tokens.weight", shape: [2, 2], type: "F32" },
    ]);
    expect(await adapter.replaced.readRows("classifier.bias", 2, 1)).toHaveLength(4);
    await adapter.close();
  });

  test("may have its name within tensor names", async () => {
    const tensors = Object.entries(factors(query)).map(([name, tensor]) => [
      name.replace(".weight", ".default.weight"),
      tensor,
    ]);
    const adapter = await opened(
      writeAdapter({
        ...Object.fromEntries(tensors),
        "base_model.model.score.modules_to_save.default.weight": { shape: [3, 2] },
        "base_model.model.score.original_module.weight": { shape: [3, 2] },
      }),
    );
    expect([...adapter.updates.keys()]).toEqual(["layers.0.self_attn.q_proj.weight"]);
    expect([...adapter.replaced.tensors.keys()]).toEqual(["score.weight"]);
  });

  test("may have whole modules that its settings do not list, as in old versions of peft", async () => {
    const head = { "base_model.model.classifier.weight": { shape: [3, 2] } };
    const adapter = await opened(writeAdapter({ ...factors(query), ...head }, { modules_to_save: null }));
    expect([...adapter.replaced.tensors.keys()]).toEqual(["classifier.weight"]);
  });

  test("may have fully trained norms and nested heads", async () => {
    const tensors = {
      "base_model.model.model.layers.0.input_layernorm.weight": { shape: [2] },
      "base_model.model.heads.0.dense.weight": { shape: [2, 2] },
    };
    const adapter = await opened(writeAdapter(tensors, { modules_to_save: ["norm", "heads"] }));
    expect([...adapter.replaced.tensors.keys()]).toEqual([
      "layers.0.input_layernorm.weight",
      "heads.0.dense.weight",
    ]);
  });

  test("is read without the parts for a language model's output", async () => {
    const adapter = await opened(
      writeAdapter({
        ...factors("lm_head", { rank: 9 }),
        "base_model.model.lm_head.weight": { shape: [3, 2] },
      }),
    );
    expect(adapter.updates.size + adapter.replaced.tensors.size).toBe(0);
  });
});

describe("the scale of an update", () => {
  test.each([
    [{}, 4, 32 / 4],
    [{ lora_alpha: 1.5 }, 4, 1.5 / 4],
    [{ use_rslora: true }, 4, 32 / 2],
    [{ alpha_pattern: { q_proj: 6 } }, 4, 6 / 4],
    [{ alpha_pattern: { v_proj: 6 } }, 4, 32 / 4],
    [{ alpha_pattern: { proj: 6 } }, 4, 32 / 4],
    [{ alpha_pattern: { "layers.0.self_attn.q_proj": 6, q_proj: 7 } }, 4, 6 / 4],
    [{ alpha_pattern: { "^model.layers\\.\\d+.*.(q|k)_proj": 6 } }, 4, 6 / 4],
    [{ alpha_pattern: { "^layers.0.self_attn.q_proj": 6 } }, 4, 32 / 4],
    [{ rank_pattern: { q_proj: 2 } }, 2, 32 / 2],
    [{ rank_pattern: { q_proj: 2 }, alpha_pattern: { q_proj: 3 }, use_rslora: true }, 2, 3 / Math.SQRT2],
  ])("%j at rank %i", async (settings, rank, scale) => {
    expect(await scaleOf(settings, rank)).toBe(scale);
  });
});

describe("errors name unsupported settings", () => {
  test.each([
    ["peft_type", "LOHA"],
    ["bias", "lora_only"],
    ["use_dora", true],
    ["lora_bias", true],
    ["fan_in_fan_out", true],
    ["trainable_token_indices", [1]],
    ["target_parameters", ["experts"]],
    ["layer_replication", [[0, 2]]],
    ["megatron_config", { a: 1 }],
    ["use_qalora", true],
    ["alora_invocation_tokens", [1]],
    ["arrow_config", { top_k: 3 }],
    ["kasa_config", { beta: 1 }],
    ["monteclora_config", { num_samples: 8 }],
    ["use_bdlora", { nblocks: 1 }],
    ["enable_lora", [true]],
    ["setting_of_tomorrow", 1],
    ["init_lora_weights", "pissa"],
    ["init_lora_weights", "pissa_niter_4"],
    ["init_lora_weights", "olora"],
    ["init_lora_weights", "corda"],
    ["init_lora_weights", "lora_ga"],
    ["init_lora_weights", "loftq"],
  ])("%s: %j", async (key, setting) => {
    const folder = writeAdapter(factors(query), { [key]: setting });
    await expect(opened(folder)).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringMatching(new RegExp(`adapter_config.json: "${key}" is .*merge_and_unload`, "s")),
    });
  });

  test.each([
    ["init_lora_weights", false],
    ["init_lora_weights", "gaussian"],
    ["init_lora_weights", "eva"],
    ["eva_config", { rho: 2 }],
    ["setting_of_tomorrow", null],
    ["setting_of_tomorrow", {}],
    ["setting_of_tomorrow", false],
    ["loftq_config", { loftq_bits: 4 }],
    ["layers_to_transform", [0]],
  ])("harmless: %s: %j", async (key, setting) => {
    expect((await opened(writeAdapter(factors(query), { [key]: setting }))).updates.size).toBe(1);
  });
});

describe("errors name contradictions", () => {
  test.each([
    ["rank 0", { r: 0 }, "rank"],
    ["a broken rank", { r: 2.5 }, '"r"'],
    ["no rank", { r: undefined }, '"r"'],
    ["no alpha", { lora_alpha: undefined }, '"lora_alpha"'],
    ["an alpha in words", { lora_alpha: "32" }, '"lora_alpha"'],
    ["another rank than the tensors", { r: 8 }, 'the rank of "model.layers.0.self_attn.q_proj" is 8'],
    ["another rank in a pattern", { rank_pattern: { q_proj: 5 } }, 'the rank of "model.layers.0'],
    ["rank 0 in a pattern", { rank_pattern: { q_proj: 0 } }, "q_proj"],
    ["an alpha pattern of text", { alpha_pattern: { q_proj: "a" } }, "q_proj"],
    ["a scale beyond F32", { lora_alpha: 1e300 }, "too large"],
    ["patterns that are no object", { rank_pattern: [3] }, "rank_pattern"],
    ["an expression that is none", { alpha_pattern: { "(q_proj": 1 } }, "is not a regular expression"],
    [
      "an expression of Python only",
      { alpha_pattern: { "(?P<a>q)_proj": 1 } },
      "is not a regular expression",
    ],
    ["modules in words", { modules_to_save: "classifier" }, "modules_to_save"],
  ])("%s", async (_, settings, named) => {
    const folder = writeAdapter(factors(query), settings);
    await expect(opened(folder)).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining(named),
    });
  });

  test("an infinite alpha", async () => {
    const folder = writeAdapter(factors(query));
    const path = join(folder, "adapter_config.json");
    for (const alpha of ["1e999", "NaN"]) {
      writeFileSync(path, JSON.stringify(plainConfig).replace('"lora_alpha":32', `"lora_alpha":${alpha}`));
      await expect(opened(folder)).rejects.toMatchObject({ code: "ERR_VANER_CHECKPOINT" });
    }
  });

  test("a regular expression with catastrophic backtracking", async () => {
    const folder = writeAdapter(factors(`${"a".repeat(60)}!`), { alpha_pattern: { "(a+)+b": 1 } });
    await expect(opened(folder)).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining("is not a regular expression"),
    });
  }, 30_000);

  const a = `base_model.model.${query}.lora_A.weight`;
  const b = `base_model.model.${query}.lora_B.weight`;
  const other = (name: string, shape = [4, 3]): Tensors => ({
    ...factors(query),
    [`base_model.model.${name}`]: { shape },
  });
  test.each<[string, Tensors, string]>([
    ["DoRA's magnitudes", other(`${query}.lora_magnitude_vector`), "lora_magnitude_vector"],
    ["a bias of lora_B", other(`${query}.lora_B.bias`), "lora_B.bias"],
    ["a bias of a layer", other(`${query}.bias`), "q_proj.bias"],
    ["a LoRA of an embedding", other("model.embed_tokens.lora_embedding_A"), "lora_embedding_A"],
    ["single new tokens", other("model.embed_tokens.token_adapter.trainable_tokens_delta"), "token_adapter"],
    ["KaSA's diagonal", other(`${query}.lora_diag`), "lora_diag"],
    ["a LoRA of a saved module", other("score.modules_to_save.default.lora_A.weight"), "lora_B"],
    ["lora_A without lora_B", { [a]: { shape: [4, 3] } }, "lacks its lora_B"],
    ["lora_B without lora_A", { [b]: { shape: [5, 4] } }, "lacks its lora_A"],
    ["factors of different ranks", { [a]: { shape: [4, 3] }, [b]: { shape: [5, 3] } }, "[5, 3]"],
    ["a convolution", { [a]: { shape: [4, 3, 1, 1] }, [b]: { shape: [5, 4, 1, 1] } }, "[4, 3, 1, 1]"],
    ["a vector", { [a]: { shape: [4] }, [b]: { shape: [5, 4] } }, "[4]"],
    ["no inputs", { [a]: { shape: [4, 0] }, [b]: { shape: [5, 4] } }, "[4, 0]"],
    ["no outputs", { [a]: { shape: [4, 3] }, [b]: { shape: [0, 4] } }, "[0, 4]"],
    ["whole numbers", { [a]: { shape: [4, 3], type: "I32" }, [b]: { shape: [5, 4] } }, "I32"],
    ["a head of whole numbers", { "base_model.model.score.weight": { shape: [3], type: "U8" } }, "U8"],
    [
      "two updates of a weight",
      { ...factors(query), ...factors("layers.0.self_attn.q_proj") },
      "two updates",
    ],
    ["two adapters", other(`${query}.lora_A.second.weight`), "two tensors"],
    ["a head twice", { ...other("score.weight"), "score.weight": { shape: [1, 1] } }, "two"],
  ])("%s", async (_, tensors, named) => {
    await expect(opened(writeAdapter(tensors))).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining(named),
    });
  });

  test.each([Number.NaN, Number.NEGATIVE_INFINITY])("an element that is %d", async (element) => {
    const tensors = { ...factors(query), [b]: { shape: [5, 4], data: [0, 0, 0, 0, 0, element] } };
    const adapter = await openAdapter(writeAdapter(tensors));
    const update = adapter.updates.get("layers.0.self_attn.q_proj.weight");
    await expect(update?.readB(1, 1)).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining(b),
    });
    expect(await update?.readB(0, 1)).toEqual(new Float32Array(4));
    await adapter.close();
  });

  test("a folder without an adapter", async () => {
    await expect(opened(temporaryFolder())).rejects.toMatchObject({
      code: "ERR_VANER_CHECKPOINT",
      message: expect.stringContaining("adapter_config.json"),
    });
  });
});
