#pragma once

#include "graph/encoder_batch.h"
#include "graph/instruction_cache.h"
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

    // Encodes a batch; token ids and rows have to be in range. Instructions of the model must see nothing but themselves
    // where the batch has any; what is computed of them is kept for later batches.
    //   cancelled  asked often, from any thread; may be empty
    // returns [n_rows][n_probs()] label probabilities
    // throws VANER_ABORTED, VANER_COMPUTE, VANER_OUT_OF_MEMORY
    std::vector<float> encode(const encoder_batch & batch, const std::function<bool()> & cancelled = nullptr);

private:
    struct runtime;

    using keys_ptr = std::shared_ptr<const instruction_keys>;

    std::vector<keys_ptr> keys_of(
        const std::vector<instruction_ptr> & instructions, const std::function<bool()> & cancelled);
    std::vector<float> run(const encoder_batch & batch, std::vector<const instruction_keys *> before,
        std::vector<instruction_keys *> kept, const std::function<bool()> & cancelled);

    std::unique_ptr<runtime> rt;
    const token_classifier & model;
    const encoder_params params;
};
