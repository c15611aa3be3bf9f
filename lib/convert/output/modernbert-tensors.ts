import type { Shape } from "../checkpoint/shape.js";
import type { ExpectedTensor } from "./expected-tensor.js";

/** The tensors of a ModernBERT, by their plain names in PyTorch. llama.cpp too has fused matrices. */
export function modernBertTensors(shape: Shape): ReadonlyMap<string, ExpectedTensor> {
  const { embedding, feedForward, vocabulary } = shape;
  const tensors = new Map<string, ExpectedTensor>();
  const weight = (plain: string, name: string, extents: readonly number[]) =>
    tensors.set(`${plain}.weight`, {
      name: `${name}.weight`,
      extents,
      optional: false,
      interleaved: false,
    });
  weight("embeddings.tok_embeddings", "token_embd", [vocabulary, embedding]);
  weight("embeddings.norm", "token_embd_norm", [embedding]);
  for (let layer = 0; layer < shape.layers; layer++) {
    const [plain, name] = [`layers.${layer}`, `blk.${layer}`];
    // The norm of the embeddings is in front of the first layer.
    if (layer > 0) weight(`${plain}.attn_norm`, `${name}.attn_norm`, [embedding]);
    weight(`${plain}.attn.Wqkv`, `${name}.attn_qkv`, [3 * embedding, embedding]);
    weight(`${plain}.attn.Wo`, `${name}.attn_output`, [embedding, embedding]);
    weight(`${plain}.mlp_norm`, `${name}.ffn_norm`, [embedding]);
    weight(`${plain}.mlp.Wi`, `${name}.ffn_up`, [2 * feedForward, embedding]);
    weight(`${plain}.mlp.Wo`, `${name}.ffn_down`, [embedding, feedForward]);
  }
  weight("final_norm", "output_norm", [embedding]);
  return tensors;
}
