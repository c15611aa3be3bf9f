#pragma once

#include "graph/encoder_graph.h"

// A graph of ggml's own operations, with a mask: runs on any backend.
struct backend_graph : encoder_graph {
    ggml_tensor * mask = nullptr;       // F32 [n_tokens, n_tokens]
    ggml_tensor * local_mask = nullptr; // the same of layers with local attention, or NULL
};

backend_graph backend_graph_build(ggml_context * ctx, const token_classifier & model, const encoder_batch & batch);
