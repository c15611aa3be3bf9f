#pragma once

#include "graph/operations/rotary_op.h"
#include "model/model_weights.h"

#include "ggml.h"

// ggml operations on the CPU: products of prepacked weights with quantized activations. Quantized activations are I8
// tensors of opaque rows, [activation_row_size(n_in), n_rows]. What an operation takes by reference has to outlive the
// graph.

// x [n_in, n_rows], F32 or BF16 -> quantized
ggml_tensor * build_quantize(ggml_context * ctx, const model_weights & model, ggml_tensor * x);

// RMS norm of x, times weight -> quantized
ggml_tensor * build_quantize_norm(
    ggml_context * ctx, const model_weights & model, ggml_tensor * x, ggml_tensor * weight);

// silu(gate) * up, [n_in, n_rows] each -> quantized
ggml_tensor * build_quantize_swiglu(
    ggml_context * ctx, const model_weights & model, ggml_tensor * gate, ggml_tensor * up);

// W x -> F32 [n_out, n_rows]. With add: W x is added to it in place, since the cache holds one matrix more easily than two.
ggml_tensor * build_multiply(ggml_context * ctx, const prepacked_matrix & w, ggml_tensor * x, ggml_tensor * add);

// W x + bias
ggml_tensor * build_multiply_biased(
    ggml_context * ctx, const prepacked_matrix & w, ggml_tensor * x, ggml_tensor * bias);

// A matrix that writes BF16, and the rotary positions that are applied before it rounds; NULL: none.
struct bf16_projection {
    const prepacked_matrix * w;
    const rotary_op * rotary;
};

// The projections of a layer whose attention takes BF16.
struct bf16_projections {
    bf16_projection q, k, v;
};

// W x, rotated -> BF16 [n_out, n_rows]. positions: I32 [n_rows]
ggml_tensor * build_multiply_to_bf16(
    ggml_context * ctx, const bf16_projection & p, ggml_tensor * x, ggml_tensor * positions);

// silu(W_gate x) * (W_up x) -> quantized [.., n_rows]. Both matrices are prepacked, without biases and adapters.
ggml_tensor * build_swiglu(
    ggml_context * ctx, const model_weights & model, const classifier_layer & layer, ggml_tensor * x);
