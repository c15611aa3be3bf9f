#pragma once

#include "kernels/matmul/formats.h"
#include "model/model_weights.h"

#include "ggml.h"

#include <cstdint>
#include <vector>

// A ggml operation on the CPU: rotary positions of neighbouring pairs (ggml's ROPE NORMAL), with cosines and sines that are
// computed once for all layers and batches.
class rotary {
public:
    // model: its layers share their frequency factors, if any
    explicit rotary(const model_weights & model);

    // x [n_embd_head, n_head, n_tokens], positions I32 [n_tokens] -> x, rotated in place. The object has to outlive the graph.
    ggml_tensor * build(ggml_context * ctx, ggml_tensor * x, ggml_tensor * positions);

    // Before each run of a graph with these positions. throws std::bad_alloc
    void prepare(const std::vector<int32_t> & positions);

    // For operations that turn what they compute themselves, of rows with these positions.
    rotary_angles angles(const int32_t * positions) const;

private:
    static void run(ggml_tensor * dst, int ith, int nth, void * user_data);

    std::vector<double> frequencies;   // [n_embd_head/2]
    std::vector<float> cosines, sines; // [n_positions][n_embd_head/2]
};
