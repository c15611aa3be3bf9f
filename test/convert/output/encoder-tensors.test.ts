import { describe, expect, it } from "@jest/globals";
import { encoderTensors } from "../../../lib/convert/output/encoder-tensors.js";

const tensors = encoderTensors({
  layers: 12,
  embedding: 8,
  feedForward: 6,
  heads: 2,
  keyValueHeads: 1,
  headSize: 4,
  vocabulary: 10,
  context: 256,
  epsilon: 1e-5,
  ropeBase: 10_000,
  ropeScaling: { kind: "none" },
});

describe("encoderTensors", () => {
  it.each([
    ["embed_tokens.weight", "token_embd.weight"],
    ["norm.weight", "output_norm.weight"],
    ["layers.11.mlp.down_proj.weight", "blk.11.ffn_down.weight"],
    ["layers.0.self_attn.o_proj.bias", "blk.0.attn_output.bias"],
    ["layers.0.post_attention_layernorm.weight", "blk.0.ffn_norm.weight"],
  ])("name %s as %s", (plain, gguf) => {
    expect(tensors.get(plain)?.name).toBe(gguf);
  });

  it.each([
    "layers.01.mlp.up_proj.weight",
    "layers.0.mlp.experts.weight",
    "constructor",
    "layers.0.toString.weight",
  ])("have no %s", (plain) => {
    expect(tensors.get(plain)).toBeUndefined();
  });
});
