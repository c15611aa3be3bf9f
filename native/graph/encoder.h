#pragma once

#include "graph/encoder_batch.h"
#include "model/token_classifier.h"

#include <functional>
#include <memory>
#include <vector>

struct encoder_params {
    // CPU threads for one batch. They meet at spinning barriers, so more than one pays for large models only.
    int n_threads = 1;
    // Batches of so many tokens find their memory allocated on a device other than the CPU. Larger ones are possible.
    int32_t batch_tokens = 256;
    // Use ggml's own operations even for a model that lies on the CPU alone; for tests.
    bool generic_ops = false;
};

// Runs forward passes of one model. One call at a time; several encoders may share a model.
class encoder {
public:
    // The fastest encoder for the model: cpu_encoder if all layers lie on the CPU, else backend_encoder.
    // The model has to outlive it. throws VANER_DEVICE, VANER_OUT_OF_MEMORY
    static std::unique_ptr<encoder> create(const token_classifier & model, const encoder_params & params);
    virtual ~encoder() = default;

    // Token ids and tagged rows have to be in range. Only models with sets_instructions_apart() take instructions.
    //   cancelled  asked often, from any thread; may be empty
    // returns [n_tagged_rows][n_probs()] label probabilities
    // throws VANER_ABORTED, VANER_COMPUTE, VANER_DEVICE, VANER_OUT_OF_MEMORY
    virtual std::vector<float> encode(
        const encoder_batch & batch, const std::function<bool()> & cancelled = nullptr) = 0;

    // Probabilities per tagged row: n_heads*n_labels
    size_t n_probs() const { return model.heads.size() * model.format.labels.size(); }

protected:
    explicit encoder(const token_classifier & model) : model(model) {}

    const token_classifier & model;
};
