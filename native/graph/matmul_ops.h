#pragma once

#include "graph/rotary_op.h"
#include "model/model_weights.h"

#include "ggml.h"

// Operations of a ggml graph on the CPU, on packed weights and quantized activations. Activations are I8 tensors whose
// rows are opaque: [activation_row_size(n_in), n_rows], with the scales that the model's format asks for. The model has to outlive
// the graph.

// x [n_in, n_rows], F32 or what packed_build_projection() and attention have made of it -> activations
ggml_tensor * packed_build_quantize(ggml_context * ctx, const model_weights & model, ggml_tensor * x);

// The same of the root-mean-square norm of x.
ggml_tensor * packed_build_norm_quantize(
    ggml_context * ctx, const model_weights & model, ggml_tensor * x, ggml_tensor * weight);

// The same of silu(gate) * up, [n_in, n_rows] each.
ggml_tensor * packed_build_swiglu_quantize(
    ggml_context * ctx, const model_weights & model, ggml_tensor * gate, ggml_tensor * up);

// W x -> [n_out, n_rows], or added to `add`, which is overwritten: the cache holds one of them more easily than two. add may be
// NULL. The matrix has to outlive the graph.
ggml_tensor * packed_build_multiply(
    ggml_context * ctx, const prepacked_matrix & w, ggml_tensor * activations, ggml_tensor * add);

// A matrix that writes BF16, and what turns its outputs by their positions, or NULL.
struct packed_projection {
    const prepacked_matrix * w;
    const rotary * positions;
};

// Of a layer, for attention that would round them to BF16 anyway.
struct packed_projections {
    packed_projection q, k, v;
};

// W x, turned before it is rounded, in BF16 -> [n_out, n_rows]. positions: I32 [n_rows]. The projection has to outlive the graph.
ggml_tensor * packed_build_projection(
    ggml_context * ctx, const packed_projection & p, ggml_tensor * activations, ggml_tensor * positions);

// silu(W_gate x) * (W_up x) -> activations [.., n_rows]. The layer, whose two matrices are packed and have neither biases nor
// adapters, has to outlive the graph.
ggml_tensor * packed_build_gated(
    ggml_context * ctx, const model_weights & model, const classifier_layer & layer, ggml_tensor * activations);
