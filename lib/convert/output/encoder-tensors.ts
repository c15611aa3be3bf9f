import type { Shape } from "../checkpoint/shape.js";
import { bertTensors } from "./bert-tensors.js";
import type { ExpectedTensor } from "./expected-tensor.js";
import { modernBertTensors } from "./modernbert-tensors.js";

/** The tensors of an encoder, by their plain names in PyTorch. */
export function encoderTensors(shape: Shape): ReadonlyMap<string, ExpectedTensor> {
  if (shape.modernBert) return modernBertTensors(shape);
  return shape.bert ? bertTensors(shape, shape.bert) : llamaTensors(shape);
}

function llamaTensors(shape: Shape): ReadonlyMap<string, ExpectedTensor> {
  const { embedding, feedForward, heads, keyValueHeads, headSize, headNorms, vocabulary } = shape;
  const queries = heads * headSize;
  const keyValues = keyValueHeads * headSize;
  const tensors = new Map<string, ExpectedTensor>();
  const weight = (plain: string, name: string, extents: readonly number[], interleaved = false) =>
    tensors.set(`${plain}.weight`, { name: `${name}.weight`, extents, optional: false, interleaved });
  const linear = (plain: string, name: string, outputs: number, inputs: number, interleaved = false) => {
    weight(plain, name, [outputs, inputs], interleaved);
    tensors.set(`${plain}.bias`, { name: `${name}.bias`, extents: [outputs], optional: true, interleaved });
  };
  weight("embed_tokens", "token_embd", [vocabulary, embedding]);
  weight("norm", "output_norm", [embedding]);
  for (let layer = 0; layer < shape.layers; layer++) {
    const [plain, name] = [`layers.${layer}`, `blk.${layer}`];
    weight(`${plain}.input_layernorm`, `${name}.attn_norm`, [embedding]);
    linear(`${plain}.self_attn.q_proj`, `${name}.attn_q`, queries, embedding, true);
    linear(`${plain}.self_attn.k_proj`, `${name}.attn_k`, keyValues, embedding, true);
    linear(`${plain}.self_attn.v_proj`, `${name}.attn_v`, keyValues, embedding);
    linear(`${plain}.self_attn.o_proj`, `${name}.attn_output`, embedding, queries);
    if (headNorms) {
      weight(`${plain}.self_attn.q_norm`, `${name}.attn_q_norm`, [headSize], true);
      weight(`${plain}.self_attn.k_norm`, `${name}.attn_k_norm`, [headSize], true);
    }
    weight(`${plain}.post_attention_layernorm`, `${name}.ffn_norm`, [embedding]);
    linear(`${plain}.mlp.gate_proj`, `${name}.ffn_gate`, feedForward, embedding);
    linear(`${plain}.mlp.up_proj`, `${name}.ffn_up`, feedForward, embedding);
    linear(`${plain}.mlp.down_proj`, `${name}.ffn_down`, embedding, feedForward);
  }
  return tensors;
}
