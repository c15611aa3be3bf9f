#pragma once

#include "graph/cpu_graph.h"
#include "graph/encoder.h"
#include "graph/instruction_cache.h"

#include "ggml-cpp.h"

#include <memory>
#include <vector>

// Encodes on the CPU alone with our own operations. Keeps the keys and values of instructions from batch to batch.
class cpu_encoder : public encoder {
public:
    // model: all of its layers on the CPU
    cpu_encoder(const token_classifier & model, int n_threads);

    std::vector<float> encode(const encoder_batch & batch, const std::function<bool()> & cancelled) override;

private:
    using cached_ptr = std::shared_ptr<const instruction_kv>;

    std::vector<cached_ptr> look_up(
        const std::vector<instruction_ptr> & instructions, const std::function<bool()> & cancelled);
    std::vector<float> run(const encoder_batch & batch, std::vector<const instruction_kv *> prefixes,
        std::vector<instruction_kv *> captured, const std::function<bool()> & cancelled);

    ggml_backend_ptr backend;
    ggml_gallocr_ptr allocator;
    encoder_graph_memory memory;
    cpu_operations operations;
    int n_threads;
    instruction_cache instructions;
};
