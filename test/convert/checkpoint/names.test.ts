import { describe, expect, it } from "@jest/globals";
import { ggufName, isSuperfluous, plainName } from "../../lib/convert/names.js";

describe("plainName", () => {
  it.each([
    "layers.0.self_attn.q_proj.weight",
    "model.layers.0.self_attn.q_proj.weight",
    "base_model.model.model.layers.0.self_attn.q_proj.weight",
    "base_model.model.layers.0.self_attn.q_proj.base_layer.weight",
    "_orig_mod.model.layers.0.self_attn.q_proj.weight",
  ])("takes the wrappers off %s", (name) => {
    expect(plainName(name)).toBe("layers.0.self_attn.q_proj.weight");
  });
});

describe("ggufName", () => {
  it.each([
    ["embed_tokens.weight", "token_embd.weight"],
    ["norm.weight", "output_norm.weight"],
    ["layers.11.mlp.down_proj.weight", "blk.11.ffn_down.weight"],
    ["layers.0.self_attn.o_proj.bias", "blk.0.attn_output.bias"],
    ["layers.0.post_attention_layernorm.weight", "blk.0.ffn_norm.weight"],
  ])("%s is %s", (plain, gguf) => {
    expect(ggufName(plain)).toBe(gguf);
  });

  it.each([
    "layers.01.mlp.up_proj.weight",
    "layers.0.mlp.experts.weight",
    "constructor",
    "layers.0.toString.weight",
  ])("knows no %s", (plain) => {
    expect(ggufName(plain)).toBeUndefined();
  });
});

describe("isSuperfluous", () => {
  it("leaves out the language model's head and what follows from the configuration", () => {
    expect(isSuperfluous("lm_head.weight")).toBe(true);
    expect(isSuperfluous("layers.0.self_attn.rotary_emb.inv_freq")).toBe(true);
    expect(isSuperfluous("layers.0.self_attn.q_proj.weight")).toBe(false);
  });
});
