#pragma once

#include "model/gguf_file.h"
#include "model/model_format.h"

#include <string>
#include <vector>

// A LoRA in a GGUF file, as llama.cpp's convert_lora_to_gguf.py lays it out, and optionally heads.
//
//   general.type           "adapter"
//   general.architecture   "llama-embed"
//   adapter.type           "lora"
//   adapter.lora.alpha     f32; a pair is scaled by alpha / its rank, or by 1 where alpha is 0 or missing
//   blk.N.M.weight.lora_a  [n_in, rank]; M: attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down
//   blk.N.M.weight.lora_b  [rank, n_out]; attn_q's and attn_k's rows lie as the base's do: in llama.cpp's rotary pairs
//
// Pairs may differ in rank and type, but share one alpha: where training scaled them otherwise (peft's alpha_pattern and
// rank-stabilised LoRA), the difference is multiplied into lora_b, in F32.
//
// An adapter that was trained together with its classifier brings that too: the tensors `cls.*` and the keys `vaner.*`,
// `llama-embed.classifier.output_labels` and `llama-embed.attention.causal`, with the meaning and the defaults that they
// have in a model. They replace the base's as a whole. Such an adapter may do without pairs.
struct adapter_format {
    std::string name; // general.name, may be empty
    float alpha = 0.0f;
    std::vector<std::string> matrices; // of the base, by name, that it changes: "blk.0.attn_q.weight"
    bool has_heads = false;
    task_format task; // meaningful where it has heads
};

// Reads the keys and checks all that can be checked without a base.
// throws VANER_MODEL_ARCHITECTURE, VANER_MODEL_FORMAT, VANER_MODEL_CORRUPT
adapter_format adapter_format_read(const gguf_file & file);
