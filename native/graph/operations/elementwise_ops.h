// What BERT's and ModernBERT's layers do between matrix products, on the CPU: elementwise kernels as operations of a
// graph.
#pragma once

#include "model/model_weights.h"

#include "ggml.h"

// In place.
ggml_tensor * build_gelu(ggml_context * ctx, ggml_tensor * x);

// gelu(gate) * up, in place of gate
ggml_tensor * build_gelu_gate(ggml_context * ctx, ggml_tensor * gate, ggml_tensor * up);

// The layer norm of x, without a shift.
ggml_tensor * build_layer_norm(ggml_context * ctx, const model_weights & model, ggml_tensor * x, ggml_tensor * weight);

// W x + b of a matrix in F32: the bits of a row do not depend on the batch, as ggml's do. l has to outlive the graph.
ggml_tensor * build_dot(ggml_context * ctx, const linear & l, ggml_tensor * x);

// The layer norm of x + bias + add, in place of x. bias may be NULL.
ggml_tensor * build_sum_norm(ggml_context * ctx, const model_weights & model, ggml_tensor * x, ggml_tensor * bias,
    ggml_tensor * add, const layer_norm & norm);
