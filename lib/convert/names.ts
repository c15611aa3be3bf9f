/** Wrappers that training libraries put in front of every name: peft, torch.compile, and the class around the encoder. */
const wrappers = ["base_model.model.", "_orig_mod.", "model."];

/**
 * One name for a tensor, however it was saved: `layers.0.self_attn.q_proj.weight` for that of
 * `model.layers.…`, `base_model.model.model.layers.…` and so on.
 */
export function plainName(name: string): string {
  let plain = name.replaceAll(".base_layer.", ".");
  for (let found = true; found; ) {
    const wrapper = wrappers.find((prefix) => plain.startsWith(prefix));
    found = wrapper !== undefined;
    plain = plain.slice(wrapper?.length ?? 0);
  }
  return plain;
}

/** Tensors outside the layers, by their plain names. */
const outer: Readonly<Record<string, string>> = {
  "embed_tokens.weight": "token_embd.weight",
  "norm.weight": "output_norm.weight",
};

/** Modules of a layer: their names in PyTorch and in GGUF. */
const modules: Readonly<Record<string, string>> = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  post_attention_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/** The GGUF name of an encoder's tensor, or undefined where the LLAMA shape has no such tensor. */
export function ggufName(plain: string): string | undefined {
  const known = Object.hasOwn(outer, plain) ? outer[plain] : undefined;
  if (known !== undefined) return known;
  const match = /^layers\.(0|[1-9]\d{0,4})\.(.+)\.(weight|bias)$/.exec(plain);
  const module = match?.[2] as string;
  if (!match || !Object.hasOwn(modules, module)) return undefined;
  return `blk.${match[1]}.${modules[module]}.${match[3]}`;
}

/**
 * Tensors that checkpoints carry and that the encoder does not need: the language model's output
 * matrix, and rotary frequencies, which follow from the configuration.
 */
export function isSuperfluous(plain: string): boolean {
  return plain.startsWith("lm_head.") || plain.endsWith("rotary_emb.inv_freq");
}
