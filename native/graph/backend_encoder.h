#pragma once

#include "graph/encoder.h"
#include "graph/encoder_graph.h"

#include "ggml-cpp.h"

#include <vector>

// Encodes on any devices through ggml's scheduler, with ggml's own operations. A batch is one graph. Instructions are
// encoded with every batch.
class backend_encoder : public encoder {
public:
    backend_encoder(const token_classifier & model, const encoder_params & params);

    std::vector<float> encode(const encoder_batch & batch, const std::function<bool()> & cancelled) override;

private:
    void start(int32_t n_tokens);
    void start_scheduler();
    void reserve(int32_t n_tokens);
    bool is_offloaded() const;
    std::vector<float> run(encoder_batch whole, const std::function<bool()> & cancelled);
    template <typename function> auto on_device(function f) const;
    vaner_error device_error(const char * reason) const;

    const encoder_params params;
    std::vector<ggml_backend_ptr> backends; // of the model's devices; the CPU last, as the scheduler wants it
    ggml_backend_sched_ptr scheduler;
    encoder_graph_memory memory;
    int32_t n_reserved = 0; // tokens of a batch that device memory is allocated for
};
