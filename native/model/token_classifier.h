#pragma once

#include "model/model_format.h"

#include "ggml-backend.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

struct llama_vocab;

// The weights of one transformer layer. Biases are NULL where the model has none.
struct classifier_layer {
    ggml_tensor *attn_norm, *wq, *wk, *wv, *wo;
    ggml_tensor *bq, *bk, *bv, *bo;
    ggml_tensor * rope_freqs; // [n_embd_head/2], NULL where the model does not scale its frequencies
    ggml_tensor *ffn_norm, *gate, *up, *down;
    ggml_tensor *gate_b, *up_b, *down_b;
};

// y = W x + b; b may be NULL
struct linear {
    ggml_tensor * w = nullptr;
    ggml_tensor * b = nullptr;
};

struct classifier_head {
    std::vector<linear> dense; // each followed by an exact (erf) GELU; may be empty
    linear output;             // [n_labels]
};

struct token_classifier_params {
    ggml_backend_dev_t device = nullptr; // NULL: the CPU
    int32_t n_gpu_layers = -1;           // -1: all; ignored on the CPU
    bool use_mmap = true;
    // called with a share in [0, 1]; returns false to cancel
    std::function<bool(float)> progress;
};

// A LLaMA token classifier whose weights llama.cpp has loaded. Immutable, shared by threads.
class token_classifier {
public:
    // throws VANER_MODEL_*, VANER_OUT_OF_MEMORY, VANER_ABORTED
    static std::unique_ptr<token_classifier> load(const std::string & path, const token_classifier_params & params);
    ~token_classifier();

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
    std::vector<ggml_backend_dev_t> devices; // that hold layers, without repetition

    const llama_vocab & vocab() const;
    int32_t bos_token() const; // -1 where sequences begin without one

private:
    token_classifier();

    struct loaded; // llama.cpp's model, kept out of sight
    std::unique_ptr<loaded> impl;
};
