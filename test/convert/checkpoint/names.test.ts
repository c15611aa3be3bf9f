import { describe, expect, it } from "@jest/globals";
import { isSuperfluous, plainName } from "../../../lib/convert/checkpoint/names.js";

describe("plainName", () => {
  it.each([
    "layers.0.self_attn.q_proj.weight",
    "model.layers.0.self_attn.q_proj.weight",
    "base_model.model.model.layers.0.self_attn.q_proj.weight",
    "base_model.model.layers.0.self_attn.q_proj.base_layer.weight",
    "_orig_mod.model.layers.0.self_attn.q_proj.weight",
    "module.model.layers.0.self_attn.q_proj.weight",
    "module._orig_mod.model.layers.0.self_attn.q_proj.weight",
    "_forward_module.model.layers.0.self_attn.q_proj.weight",
    "_fsdp_wrapped_module.model.layers.0._fsdp_wrapped_module._checkpoint_wrapped_module.self_attn.q_proj.weight",
    "model.layers.0._orig_mod.self_attn.q_proj.weight",
  ])("removes the wrappers from %s", (name) => {
    expect(plainName(name)).toBe("layers.0.self_attn.q_proj.weight");
  });
});

describe("isSuperfluous", () => {
  it("covers the language model's head and what the configuration implies", () => {
    expect(isSuperfluous("lm_head.weight")).toBe(true);
    expect(isSuperfluous("layers.0.self_attn.rotary_emb.inv_freq")).toBe(true);
    expect(isSuperfluous("layers.0.self_attn.q_proj.weight")).toBe(false);
  });
});
