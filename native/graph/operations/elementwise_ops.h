// What BERT's layers do between matrix products, on the CPU: elementwise kernels as operations of a graph. Both write
// into the memory of x.
#pragma once

#include "model/model_weights.h"

#include "ggml.h"

ggml_tensor * build_gelu(ggml_context * ctx, ggml_tensor * x);

// The layer norm of x + bias + add. bias may be NULL.
ggml_tensor * build_layer_norm(ggml_context * ctx, const model_weights & model, ggml_tensor * x, ggml_tensor * bias,
    ggml_tensor * add, const layer_norm & norm);
