#pragma once

#include "kernels/matmul/formats.h"
#include "kernels/rotary/rotary.h"
#include "model/model_weights.h"

#include "ggml.h"

#include <cstdint>
#include <vector>

// A ggml operation on the CPU: rotary positions. Its table of cosines and sines is shared by layers and grows with the
// longest sequence.
class rotary_op {
public:
    // All layers of the model have the same frequency factors, or none.
    //   freq_base  the model's, or that of its local layers
    rotary_op(const model_weights & model, float freq_base);

    // x [n_embd_head, n_head, n_tokens], positions I32 [n_tokens] -> x, rotated in place. This has to outlive the
    // graph.
    ggml_tensor * build(ggml_context * ctx, ggml_tensor * x, ggml_tensor * positions);

    // Before each run of a graph with these positions. throws std::bad_alloc
    void prepare(const std::vector<int32_t> & positions);

    // For operations that rotate neighbours in their own outputs: the angles of rows at these positions.
    rotary_angles angles(const int32_t * positions) const;

private:
    static void run(ggml_tensor * dst, int ith, int nth, void * user_data);

    rotary_pairs pairs;
    std::vector<double> frequencies;   // [n_embd_head/2]
    std::vector<float> cosines, sines; // [n_positions][n_embd_head/2]
};
