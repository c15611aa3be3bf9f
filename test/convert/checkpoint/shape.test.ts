import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ConfigObject } from "../../../lib/convert/checkpoint/config-object.js";
import type { JsonObject } from "../../../lib/convert/checkpoint/json.js";
import { readShape } from "../../../lib/convert/checkpoint/shape.js";
import { VanerError } from "../../../lib/errors.js";

const shapeOf = (config: JsonObject) => readShape(new ConfigObject("folder/config.json", config));

/** LLaMA 3.1's configuration for a smaller model. */
const config = {
  model_type: "llama",
  hidden_act: "silu",
  hidden_size: 64,
  intermediate_size: 96,
  max_position_embeddings: 131072,
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-5,
  rope_theta: 500000,
  vocab_size: 300,
};
const llama3 = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

describe("readShape", () => {
  it("reads older configurations", () => {
    expect(shapeOf({ ...config, rope_scaling: llama3 })).toEqual({
      layers: 2,
      embedding: 64,
      feedForward: 96,
      heads: 4,
      keyValueHeads: 2,
      headSize: 16,
      vocabulary: 300,
      context: 131072,
      epsilon: 1e-5,
      ropeBase: 500000,
      ropeScaling: {
        kind: "llama3",
        factor: 8,
        lowFrequencyFactor: 1,
        highFrequencyFactor: 4,
        originalContext: 8192,
      },
    });
  });

  it("reads newer configurations the same way", () => {
    const { rope_theta, ...rest } = config;
    const newer = { ...rest, rope_parameters: { ...llama3, rope_theta } };
    expect(shapeOf(newer)).toEqual(shapeOf({ ...config, rope_scaling: llama3 }));
  });

  it("has defaults for keys that old configurations lack", () => {
    const { num_key_value_heads: _k, rope_theta: _r, hidden_act: _h, ...rest } = config;
    expect(shapeOf({ ...rest, rope_scaling: null, sliding_window: null })).toMatchObject({
      keyValueHeads: 4,
      ropeBase: 10000,
      ropeScaling: { kind: "none" },
    });
  });

  it("limits sequences to the sliding window, within which all tokens see each other", () => {
    expect(shapeOf({ ...config, model_type: "mistral", sliding_window: 4096 }).context).toBe(4096);
  });

  it("reads heads of another size than their share of the embedding", () => {
    expect(shapeOf({ ...config, head_dim: 32 })).toMatchObject({ headSize: 32, embedding: 64 });
    expect(shapeOf({ ...config, model_type: "qwen3" })).toMatchObject({ headSize: 128, headNorms: true });
  });

  it("ignores a sliding window that is not used", () => {
    const qwen = { ...config, model_type: "qwen2", sliding_window: 4096 };
    expect(shapeOf({ ...qwen, use_sliding_window: false }).context).toBe(131072);
    expect(shapeOf({ ...qwen, use_sliding_window: true }).context).toBe(4096);
  });

  it("reads encoders of BERT's family", () => {
    const bert = { ...config, model_type: "bert", hidden_act: "gelu", layer_norm_eps: 1e-6 };
    expect(shapeOf(bert)).toMatchObject({ heads: 4, headSize: 16, epsilon: 1e-6, bert: { tokenTypes: 2 } });
    const distilbert = {
      model_type: "distilbert",
      ...{ dim: 64, hidden_dim: 96, n_heads: 4, n_layers: 2, max_position_embeddings: 64, vocab_size: 300 },
    };
    expect(shapeOf(distilbert)).toMatchObject({ layers: 2, feedForward: 96, bert: { tokenTypes: 0 } });
  });

  const modern = { ...config, model_type: "modernbert", num_hidden_layers: 4 };

  it("reads ModernBERT in the older spelling", () => {
    const older = { global_attn_every_n_layers: 2, global_rope_theta: 5000, local_rope_theta: null };
    const { ropeBase, epsilon, modernBert } = shapeOf({ ...modern, ...older, local_attention: 64 });
    expect({ ropeBase, epsilon }).toEqual({ ropeBase: 5000, epsilon: 1e-5 });
    expect(modernBert).toMatchObject({
      local: [false, true, false, true],
      window: 64,
      localRopeBase: 5000,
    });
    expect(shapeOf({ ...modern, ...older, local_rope_theta: 700 }).modernBert?.localRopeBase).toBe(700);
  });

  it("reads ModernBERT in the newer spelling, and its defaults", () => {
    const newer = {
      layer_types: ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
      rope_parameters: {
        full_attention: { rope_type: "default", rope_theta: 5000 },
        sliding_attention: { rope_type: "default", rope_theta: 700 },
      },
    };
    const { ropeBase, modernBert } = shapeOf({ ...modern, ...newer });
    expect(ropeBase).toBe(5000);
    expect(modernBert).toMatchObject({ local: [true, false, true, false], window: 128, localRopeBase: 700 });
    expect(shapeOf(modern)).toMatchObject({
      ropeBase: 160_000,
      modernBert: { local: [false, true, true, false], localRopeBase: 10_000 },
    });
  });

  it.each([
    { change: { hidden_activation: "silu" }, says: '"silu" (hidden_activation)' },
    { change: { classifier_activation: "relu" }, says: '"relu" (classifier_activation)' },
    { change: { norm_bias: true }, says: "norm_bias" },
    { change: { attention_bias: true }, says: "attention_bias" },
    { change: { mlp_bias: true }, says: "mlp_bias" },
    { change: { local_attention: 0 }, says: "local_attention" },
    { change: { local_attention: 2 ** 28 + 1 }, says: "local_attention" },
    { change: { global_attn_every_n_layers: 0 }, says: "global_attn_every_n_layers" },
    { change: { layer_types: ["full_attention"] }, says: "layer_types" },
    { change: { layer_types: Array(4).fill("chunked_attention") }, says: "chunked_attention" },
    { change: { rope_parameters: { rope_theta: 5000 } }, says: "rope_parameters" },
    { change: { rope_parameters: { full_attention: { rope_type: "yarn" } } }, says: '"yarn"' },
    { change: { rope_parameters: { full_attention: { partial_rotary_factor: 0.5 } } }, says: "partial" },
    { change: { rope_parameters: { sliding_attention: { rope_theta: 0 } } }, says: "rope_theta" },
    { change: { local_rope_theta: -1 }, says: "local_rope_theta" },
    { change: { global_rope_theta: "NaN" }, says: "global_rope_theta" },
    { change: { global_rope_theta: 1e39 }, says: "not a 32-bit float above 0" },
    { change: { norm_eps: 0 }, says: "norm_eps" },
    { change: { quantization_config: { bits: 4 } }, says: "quantiz" },
    { change: { num_attention_heads: 5 }, says: "hidden_size of 64" },
  ])("rejects ModernBERT with $change", ({ change, says }) => {
    expect(() => shapeOf({ ...modern, ...change })).toThrow(
      expect.objectContaining({ code: "ERR_VANER_CHECKPOINT", message: expect.stringContaining(says) }),
    );
  });

  it("reads the older spelling of linear scaling", () => {
    const { ropeScaling } = shapeOf({ ...config, rope_scaling: { type: "linear", factor: 2 } });
    expect(ropeScaling).toEqual({ kind: "linear", factor: 2 });
  });

  it.each([
    { change: { model_type: "nomic_bert" }, says: '"nomic_bert"' },
    { change: { model_type: "deberta-v2" }, says: "disentangled" },
    { change: { model_type: "xlnet" }, says: "xlnet" },
    { change: { model_type: "smollm3" }, says: "no_rope_layers" },
    { change: { model_type: "gemma3_text" }, says: "GELU gate" },
    { change: { model_type: "mixtral" }, says: "mixtral" },
    { change: { model_type: "albert" }, says: "albert" },
    { change: { model_type: undefined }, says: "model_type" },
    { change: { hidden_act: "gelu" }, says: '"gelu"' },
    { change: { quantization_config: { bits: 4 } }, says: "quantiz" },
    { change: { rope_scaling: { rope_type: "yarn", factor: 2 } }, says: '"yarn"' },
    { change: { rope_scaling: { ...llama3, high_freq_factor: 1 } }, says: "high_freq_factor" },
    { change: { rope_scaling: { rope_type: "linear" } }, says: '"factor"' },
    { change: { rope_scaling: { rope_type: "linear", factor: -1 } }, says: '"factor"' },
    { change: { partial_rotary_factor: 0.5 }, says: "partial_rotary_factor" },
    { change: { rope_parameters: { rope_type: "default", partial_rotary_factor: 0.5 } }, says: "partial" },
    { change: { head_dim: 15 }, says: "hidden_size of 64" },
    { change: { num_key_value_heads: 3 }, says: "key-value heads" },
    { change: { num_attention_heads: 5 }, says: "head_dim" },
    { change: { hidden_size: 0 }, says: "hidden_size" },
    { change: { hidden_size: "64" }, says: "hidden_size" },
    { change: { num_hidden_layers: 1e9 }, says: "num_hidden_layers" },
    { change: { rms_norm_eps: 1e-60 }, says: "rms_norm_eps" },
    { change: { layer_types: ["linear_attention", "full_attention"] }, says: '"linear_attention"' },
  ])("rejects $change", ({ change, says }) => {
    expect(() => shapeOf({ ...config, ...change })).toThrow(
      expect.objectContaining({ code: "ERR_VANER_CHECKPOINT", message: expect.stringContaining(says) }),
    );
  });

  const modernKeys =
    "layer_types local_attention global_attn_every_n_layers rope_parameters norm_bias norm_eps";
  const bertKeys = "type_vocab_size pad_token_id layer_norm_eps position_embedding_type embedding_size";

  it.each<[name: string, original: JsonObject, others: string]>([
    ["LLaMA", config, "head_dim rope_scaling"],
    ["ModernBERT", modern, `${modernKeys} global_rope_theta local_rope_theta hidden_activation`],
    ["RoBERTa", { ...config, model_type: "roberta", hidden_act: "gelu" }, bertKeys],
  ])("returns a shape or throws a VanerError for any configuration of %s", (_, original, others) => {
    const numbers = fc.constantFrom(0, -0, -1, 0.5, 1, 3, 2 ** 28, 2 ** 53, 1e308, 5e-324);
    const changed = fc.tuple(
      fc.constantFrom(...Object.keys(original), ...others.split(" ")),
      fc.oneof(fc.jsonValue(), numbers),
    );
    fc.assert(
      fc.property(fc.array(changed, { maxLength: 3 }), (changes) => {
        try {
          const shape = shapeOf({ ...original, ...Object.fromEntries(changes) });
          expect(shape.heads * shape.headSize).toBe(shape.embedding);
        } catch (error) {
          expect(error).toBeInstanceOf(VanerError);
          expect(error).toHaveProperty("code", "ERR_VANER_CHECKPOINT");
        }
      }),
      { numRuns: 500 },
    );
  });
});
