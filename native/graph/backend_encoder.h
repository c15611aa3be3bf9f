#pragma once

#include "graph/encoder.h"
#include "graph/encoder_graph.h"

#include "ggml-cpp.h"

#include <vector>

// Encodes on any devices through ggml's scheduler, with ggml's own operations. Instructions are encoded with every
// batch.
class backend_encoder : public encoder {
public:
    backend_encoder(const token_classifier & model, int n_threads);

    std::vector<float> encode(const encoder_batch & batch, const std::function<bool()> & cancelled) override;

private:
    void start_scheduler();

    std::vector<ggml_backend_ptr> backends; // of the model's devices; the CPU last, as the scheduler wants it
    ggml_backend_sched_ptr scheduler;
    encoder_graph_memory memory;
};
