#include "graph/backend_graph.h"

#include <cmath>

namespace {

class backend_graph_builder : encoder_graph_builder {
public:
    backend_graph_builder(ggml_context * ctx, const token_classifier & model) : encoder_graph_builder(ctx, model) {}

    backend_graph build(const encoder_batch & batch) {
        add_inputs(g, batch);
        g.mask = input(GGML_TYPE_F32, batch.n_tokens(), batch.n_tokens(), "mask");
        if (!model.format.local.empty()) {
            g.local_mask = input(GGML_TYPE_F32, batch.n_tokens(), batch.n_tokens(), "local_mask");
            // allocated even if no layer, or every one, is local
            ggml_build_forward_expand(g.graph, g.mask);
            ggml_build_forward_expand(g.graph, g.local_mask);
        }
        encoder_graph_builder::build(g);
        return g;
    }

private:
    ggml_tensor * attention(ggml_tensor * x, size_t il) override {
        const classifier_layer & l = model.layers[il];
        x = norm(x, l.attn_norm);
        ggml_tensor * q = split_heads(multiply(l.q, x), n_head);
        ggml_tensor * k = split_heads(multiply(l.k, x), n_head_kv);
        q = rope(norm(q, l.q_norm), l);
        k = rope(norm(k, l.k_norm), l);
        return attend(q, k, split_heads(multiply(l.v, x), n_head_kv), l.local ? g.local_mask : g.mask);
    }

    ggml_tensor * multiply_add(
        const linear & l, ggml_tensor * x, ggml_tensor * add, const layer_norm & after) override {
        return norm(ggml_add(ctx, multiply(l, x), add), after);
    }

    ggml_tensor * feed_forward(ggml_tensor * x, const classifier_layer & l) override {
        ggml_tensor * normed = norm(x, l.ffn_norm);
        if (!l.gate.w) {
            return multiply_add(l.down, ggml_gelu_erf(ctx, multiply(l.up, normed)), x, l.layer_out_norm);
        }
        ggml_tensor * gate = multiply(l.gate, normed);
        ggml_tensor * up = multiply(l.up, normed);
        const bool gelu = model.gates_with_gelu();
        ggml_tensor * gated = gelu ? ggml_geglu_erf_split(ctx, gate, up) : ggml_swiglu_split(ctx, gate, up);
        return multiply_add(l.down, gated, x, l.layer_out_norm);
    }

    ggml_tensor * rope(ggml_tensor * x, const classifier_layer & l) {
        if (model.pos_embd) {
            return x;
        }
        const int type = model.rotates_halves() ? GGML_ROPE_TYPE_NEOX : GGML_ROPE_TYPE_NORMAL;
        return ggml_rope_ext(ctx, x, g.positions, l.rope_freqs, (int) n_embd_head, type, 0,
            l.local ? model.rope_freq_base_local : model.rope_freq_base, model.rope_freq_scale, 0.0f, 1.0f, 0.0f, 0.0f);
    }

    // q [n_embd_head, n_head, n_tokens], k and v [n_embd_head, n_head_kv, n_tokens] -> [n_embd, n_tokens]
    ggml_tensor * attend(ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * mask) {
        const int64_t n = q->ne[2];
        // Contiguous: ggml-vulkan would copy them itself, into buffers that it allocates anew as batches grow.
        q = ggml_cont(ctx, ggml_permute(ctx, q, 0, 2, 1, 3)); // [n_embd_head, n, n_head]
        k = ggml_cont(ctx, ggml_permute(ctx, k, 0, 2, 1, 3));
        v = ggml_cont(ctx, ggml_permute(ctx, v, 1, 2, 0, 3)); // [n, n_embd_head, n_head_kv]
        ggml_tensor * scores = ggml_mul_mat(ctx, k, q);       // [n, n, n_head]
        ggml_prec_set_acc(scores, GGML_PREC_F32);
        scores = ggml_soft_max_ext(ctx, scores, mask, 1.0f / std::sqrt((float) n_embd_head), 0.0f);
        ggml_tensor * out = ggml_mul_mat(ctx, v, scores); // [n_embd_head, n, n_head]
        return ggml_cont_2d(ctx, ggml_permute(ctx, out, 0, 2, 1, 3), n_embd_head * n_head, n);
    }

    backend_graph g;
};

} // namespace

backend_graph backend_graph_build(ggml_context * ctx, const token_classifier & model, const encoder_batch & batch) {
    return backend_graph_builder(ctx, model).build(batch);
}
