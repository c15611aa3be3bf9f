/** Prefixes that peft, data-parallel training and the class around the encoder put in front of every name. */
const wrappers = [
  "base_model.model.",
  "module.",
  "_forward_module.",
  "model.",
  "bert.",
  "distilbert.",
  "electra.",
  "roberta.",
];

/** Names of modules around one module, at any depth: torch.compile, checkpointing of activations, FSDP, peft. */
const around = /(^|\.)(?:(?:_orig_mod|_checkpoint_wrapped_module|_fsdp_wrapped_module|base_layer)\.)+/g;

/** Longer than any real tensor name. A hostile file may have names of megabytes. */
const longestName = 200;

/**
 * The plain name of a tensor, the same however it was saved: `layers.0.self_attn.q_proj.weight` for
 * `model.layers.…`, `base_model.model.model.layers.…` and so on.
 */
export function plainName(name: string): string {
  let plain = name.replace(around, "$1");
  for (let found = true; found; ) {
    const wrapper = wrappers.find((prefix) => plain.startsWith(prefix));
    found = wrapper !== undefined;
    plain = plain.slice(wrapper?.length ?? 0);
  }
  return withNorms(plain);
}

/** Layer norms of the first BERT checkpoints have TensorFlow's names. */
function withNorms(plain: string): string {
  return plain.replace(/LayerNorm\.gamma$/, "LayerNorm.weight").replace(/LayerNorm\.beta$/, "LayerNorm.bias");
}

/**
 * Whether the encoder does not need a tensor: the language model's output matrix, rotary frequencies and numbers of
 * positions, which follow from the configuration, and BERT's summary of whole texts.
 * @param plain its plain name
 */
export function isSuperfluous(plain: string): boolean {
  return (
    /^(lm_head|pooler\.dense|cls\.(predictions|seq_relationship))\./.test(plain) ||
    plain.endsWith("rotary_emb.inv_freq") ||
    plain === "embeddings.position_ids"
  );
}

/** A name from a checkpoint, as messages show it. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > longestName ? `${name.slice(0, longestName)}…` : name);
}
