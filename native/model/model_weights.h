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

// The weights of one transformer layer.
struct classifier_layer {
    ggml_tensor * attn_norm;
    linear q, k, v, o;
    ggml_tensor * rope_freqs; // [n_embd_head/2], or NULL: no scaling of single frequencies
    ggml_tensor * ffn_norm;
    linear gate, up, down;
};

struct classifier_head {
    std::vector<linear> dense; // each followed by an exact (erf) GELU; may be empty
    linear output;             // [n_labels]
};

// Everything that a forward pass needs. Does not own the tensors.
struct model_weights {
    model_format format;

    ggml_tensor * tok_embd = nullptr;    // [n_embd, n_vocab]
    ggml_tensor * output_norm = nullptr; // [n_embd]
    std::vector<classifier_layer> layers;
    std::vector<classifier_head> heads;

    float rms_eps = 0.0f;
    float rope_freq_base = 0.0f;
    float rope_freq_scale = 0.0f;

    uint64_t n_params = 0;
    uint64_t n_bytes = 0;                    // of the weights
    std::vector<ggml_backend_dev_t> devices; // that hold layers, each once

    // From a billion parameters on a single operation is long enough to share between threads, and a second copy of the
    // weights costs more memory and time than users expect.
    bool is_large() const { return n_params >= 1000000000; }
};
