import type { BertShape } from "../checkpoint/bert-shape.js";
import { projectsEmbeddings, type Shape } from "../checkpoint/shape.js";
import type { ExpectedTensor } from "./expected-tensor.js";

/** The tensors of an encoder of BERT's family, by their plain names in PyTorch. */
export function bertTensors(
  shape: Shape,
  { names, tokenTypes, unusedPositions, embeddingWidth }: BertShape,
): ReadonlyMap<string, ExpectedTensor> {
  const { embedding, feedForward, vocabulary, context } = shape;
  const tensors = new Map<string, ExpectedTensor>();
  const set = (plain: string, name: string, extents: readonly number[], float = false) =>
    tensors.set(plain, { name, extents, optional: false, interleaved: false, float });
  const linear = (plain: string, name: string, outputs: number, inputs: number) => {
    set(`${plain}.weight`, `${name}.weight`, [outputs, inputs]);
    set(`${plain}.bias`, `${name}.bias`, [outputs]);
  };
  const norm = (plain: string, name: string, width = embedding) => {
    set(`${plain}.weight`, `${name}.weight`, [width]);
    set(`${plain}.bias`, `${name}.bias`, [width]);
  };
  set("embeddings.word_embeddings.weight", "token_embd.weight", [vocabulary, embeddingWidth]);
  tensors.set("embeddings.position_embeddings.weight", {
    name: "position_embd.weight",
    extents: [context + unusedPositions, embeddingWidth],
    optional: false,
    interleaved: false,
    float: true,
    unusedRows: unusedPositions,
  });
  if (tokenTypes > 0) {
    set("embeddings.token_type_embeddings.weight", "token_types.weight", [tokenTypes, embeddingWidth], true);
  }
  norm("embeddings.LayerNorm", "token_embd_norm", embeddingWidth);
  if (projectsEmbeddings(shape)) {
    set("embeddings_project.weight", "token_embd.proj.weight", [embedding, embeddingWidth], true);
    set("embeddings_project.bias", "token_embd.proj.bias", [embedding]);
  }
  for (let index = 0; index < shape.layers; index++) {
    const [plain, name] = [names.layer(index), `blk.${index}`];
    linear(`${plain}.${names.query}`, `${name}.attn_q`, embedding, embedding);
    linear(`${plain}.${names.key}`, `${name}.attn_k`, embedding, embedding);
    linear(`${plain}.${names.value}`, `${name}.attn_v`, embedding, embedding);
    linear(`${plain}.${names.attentionOutput}`, `${name}.attn_output`, embedding, embedding);
    norm(`${plain}.${names.attentionNorm}`, `${name}.attn_output_norm`);
    linear(`${plain}.${names.up}`, `${name}.ffn_up`, feedForward, embedding);
    linear(`${plain}.${names.down}`, `${name}.ffn_down`, embedding, feedForward);
    norm(`${plain}.${names.outputNorm}`, `${name}.layer_output_norm`);
  }
  return tensors;
}
