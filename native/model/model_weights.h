#pragma once

#include "model/gguf/model_format.h"

#include "ggml-backend.h"

#include <vector>

class prepacked_matrix;

// What a LoRA adds to a matrix W: scale * B A. a and b are NULL if it does not change the matrix.
struct low_rank {
    ggml_tensor * a = nullptr; // [n_in, rank]
    ggml_tensor * b = nullptr; // [rank, n_out]
    float scale = 0.0f;
};

// y = W x + scale * B A x + b
struct linear {
    ggml_tensor * w = nullptr; // [n_in, n_out]
    ggml_tensor * b = nullptr; // [n_out], or NULL
    low_rank lora;
    const prepacked_matrix * prepacked = nullptr; // w, for our own products on the CPU; NULL: ggml multiplies
};

// y = (x - mean(x)) / sqrt(variance(x) + eps) * w + b
struct layer_norm {
    ggml_tensor * w = nullptr;
    ggml_tensor * b = nullptr; // may be NULL
};

// The weights of one transformer layer. LLaMA's layers have RMS norms in front of their two parts, ModernBERT's layer
// norms; BERT's have layer norms behind them, and no gate. What a layer does not have is NULL.
struct classifier_layer {
    ggml_tensor * attn_norm;
    linear q, k, v, o;
    ggml_tensor * q_norm; // [n_embd_head] RMS norm of each head, as Qwen3 has; or NULL
    ggml_tensor * k_norm;
    ggml_tensor * rope_freqs; // [n_embd_head/2], or NULL: no scaling of single frequencies
    ggml_tensor * ffn_norm;
    linear gate, up, down;
    layer_norm attn_out_norm, layer_out_norm;
    bool local = false; // a token sees model_format::reach tokens on each side
};

struct classifier_head {
    std::vector<linear> dense; // each followed by an exact (erf) GELU; may be empty
    layer_norm norm;           // behind the dense layers, or none
    linear output;             // [n_labels]
};

// Everything that a forward pass needs. Does not own the tensors.
struct model_weights {
    model_format format;

    ggml_tensor * tok_embd = nullptr;    // [n_embd_in, n_vocab]
    ggml_tensor * pos_embd = nullptr;    // [n_embd_in, n_ctx], or NULL: rotary positions
    ggml_tensor * type_embd = nullptr;   // [n_embd_in, n_token_types], or NULL
    layer_norm embd_norm;                // of BERT's and ModernBERT's embeddings
    linear embd_projection;              // behind it, in F32: [n_embd_in, n_embd]; or none
    ggml_tensor * output_norm = nullptr; // [n_embd], or NULL
    std::vector<classifier_layer> layers;
    std::vector<classifier_head> heads;

    float norm_eps = 0.0f; // of RMS norms or layer norms
    float rope_freq_base = 0.0f;
    float rope_freq_base_local = 0.0f; // of layers with local attention
    float rope_freq_scale = 0.0f;

    uint64_t n_params = 0;
    uint64_t n_bytes = 0;                    // of the weights
    std::vector<ggml_backend_dev_t> devices; // that hold layers, each once

    // Whether norms in front of the parts of a layer, and behind the last one, are RMS norms; else layer norms.
    bool has_rms_norms() const { return format.family == FAMILY_LLAMA; }

    // Whether the gate of a layer goes through GELU; else through SiLU.
    bool gates_with_gelu() const { return format.family == FAMILY_MODERN_BERT; }

    // Whether rotary positions rotate the halves of a head with each other; else neighbours.
    bool rotates_halves() const { return format.family == FAMILY_MODERN_BERT; }

    // From a billion parameters on a single operation is long enough to share between threads, and a second copy of the
    // weights costs more memory and time than users expect.
    bool is_large() const { return n_params >= 1000000000; }
};
