#pragma once

#include "encoder/encoder_batch.h"
#include "model/token_classifier.h"

#include <functional>
#include <memory>
#include <vector>

struct encoder_params {
    int n_threads = 1; // CPU threads for one batch; they meet at spinning barriers, so more help large models only
    bool generic_ops = false; // ggml's operations even where our own would do; always so on a GPU
};

// Runs forward passes of one model. One call at a time; several encoders may share a model.
class encoder {
public:
    // throws VANER_DEVICE, VANER_OUT_OF_MEMORY
    encoder(const token_classifier & model, const encoder_params & params);
    ~encoder();

    size_t n_probs() const; // values per row: n_heads*n_labels

    // Encodes a batch; token ids and rows have to be in range.
    //   cancelled  asked often, from any thread; may be empty
    // returns [n_rows][n_probs()] label probabilities
    // throws VANER_ABORTED, VANER_COMPUTE, VANER_OUT_OF_MEMORY
    std::vector<float> encode(const encoder_batch & batch, const std::function<bool()> & cancelled = nullptr);

private:
    struct runtime;
    std::unique_ptr<runtime> rt;
    const token_classifier & model;
    const encoder_params params;
};
