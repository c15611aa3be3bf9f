#pragma once

#include "graph/encoder_graph.h"
#include "graph/operations/attention_op.h"
#include "graph/operations/matmul_ops.h"
#include "graph/operations/rotary_op.h"

#include <vector>

// Our own operations, with what they keep from batch to batch. They have to outlive the graphs that use them.
struct cpu_operations {
    attention_op attention;
    rotary_op rotary;
    rotary_op local_rotary;                    // of layers with local attention
    std::vector<bf16_projections> projections; // [n_layer], or empty: attention takes F32
};

// A graph of our own operations where they exist, for the CPU alone.
struct cpu_graph : encoder_graph {
    ggml_tensor * offsets = nullptr; // I32 [n_sequences + 1]
};

cpu_graph cpu_graph_build(
    ggml_context * ctx, const token_classifier & model, const encoder_batch & batch, cpu_operations & operations);
