#pragma once

#include "graph/cpu_operations.h"
#include "graph/encoder_batch.h"
#include "model/token_classifier.h"

#include "ggml.h"

struct encoder_graph {
    ggml_cgraph * graph = nullptr;

    ggml_tensor * tokens = nullptr;    // I32 [n_tokens]
    ggml_tensor * positions = nullptr; // I32 [n_tokens]
    ggml_tensor * rows = nullptr;      // I32 [n_rows]
    ggml_tensor * offsets = nullptr;   // I32 [n_sequences + 1], with our own operations only
    ggml_tensor * mask = nullptr;      // F32 [n_tokens, n_tokens], without them only

    ggml_tensor * probs = nullptr; // F32 [n_heads*n_labels, n_rows]
};

size_t encoder_graph_max_nodes(const token_classifier & model);

// Builds the forward pass of one batch, without data.
//   own  our own operations, for graphs that run on the CPU alone; NULL: ggml's, with a mask, for any backend
encoder_graph encoder_graph_build(
    ggml_context * ctx, const token_classifier & model, const encoder_batch & batch, cpu_operations * own);
