#include "graph/encoder_graph.h"

#include "graph/matmul_ops.h"

#include <cmath>
#include <functional>

size_t encoder_graph_max_nodes(const token_classifier & model) {
    size_t n = 64 + 96 * model.layers.size();
    for (const auto & head : model.heads) {
        n += 16 + 8 * head.dense.size();
    }
    return n;
}

struct graph_builder {
    ggml_context * ctx;
    const token_classifier & model;
    cpu_operations * own;
    encoder_graph g = {};

    const int64_t n_embd_head = model.format.n_embd_head();
    const int64_t n_head = model.format.n_head;
    const int64_t n_head_kv = model.format.n_head_kv;

    ggml_tensor * input(ggml_type type, int64_t ne0, int64_t ne1, const char * name) {
        ggml_tensor * t = ggml_new_tensor_2d(ctx, type, ne0, ne1);
        ggml_set_input(t);
        ggml_set_name(t, name);
        return t;
    }

    // What matrices are multiplied with: as numbers, quantized, or both, whichever the matrices ask for.
    struct activations {
        std::function<ggml_tensor *()> make_floats, make_int8;
        ggml_tensor * made_floats = nullptr;
        ggml_tensor * made_int8 = nullptr;

        ggml_tensor * floats() { return made_floats ? made_floats : made_floats = make_floats(); }
        ggml_tensor * int8() { return made_int8 ? made_int8 : made_int8 = make_int8(); }
    };

    // W x + b, plus add where that is not NULL
    ggml_tensor * multiply(const linear & l, activations & x, ggml_tensor * add = nullptr) {
        const bool packed = l.packed && own; // other backends have ggml's operations only
        ggml_tensor * y =
            packed ? packed_build_multiply(ctx, *l.packed, x.int8(), add) : ggml_mul_mat(ctx, l.w, x.floats());
        if (l.lora.a) {
            ggml_tensor * low = ggml_scale(ctx, ggml_mul_mat(ctx, l.lora.a, x.floats()), l.lora.scale); // [rank, n]
            y = ggml_add(ctx, y, ggml_mul_mat(ctx, l.lora.b, low));
        }
        y = l.b ? ggml_add(ctx, y, l.b) : y;
        return add && !packed ? ggml_add(ctx, y, add) : y;
    }

    activations plain(ggml_tensor * x) {
        return { [=] { return x; }, [=] { return packed_build_quantize(ctx, model, x); } };
    }

    activations normed(ggml_tensor * x, ggml_tensor * weight) {
        return { [=] { return norm(x, weight); }, [=] { return packed_build_norm_quantize(ctx, model, x, weight); } };
    }

    // silu(gate x) * up x
    activations gated(const classifier_layer & l, activations & x) {
        if (own && is_packed_only(l.gate) && is_packed_only(l.up) && l.down.packed && !l.down.lora.a) {
            ggml_tensor * y = packed_build_gated(ctx, model, l, x.int8());
            return { nullptr, [=] { return y; } };
        }
        ggml_tensor * gate = multiply(l.gate, x);
        ggml_tensor * up = multiply(l.up, x);
        return { [=] { return ggml_swiglu_split(ctx, gate, up); },
            [=] { return packed_build_swiglu_quantize(ctx, model, gate, up); } };
    }

    static bool is_packed_only(const linear & l) { return l.packed && !l.b && !l.lora.a; }

    ggml_tensor * norm(ggml_tensor * x, ggml_tensor * weight) {
        return ggml_mul(ctx, ggml_rms_norm(ctx, x, model.rms_eps), weight);
    }

    ggml_tensor * rope(ggml_tensor * x, const classifier_layer & layer) {
        if (own) {
            return own->positions.build(ctx, x, g.positions);
        }
        return ggml_rope_ext(ctx, x, g.positions, layer.rope_freqs, (int) n_embd_head, GGML_ROPE_TYPE_NORMAL, 0,
            model.rope_freq_base, model.rope_freq_scale, 0.0f, 1.0f, 0.0f, 0.0f);
    }

    // q [n_embd_head, n_head, n_tokens], k and v [n_embd_head, n_head_kv, n_tokens] -> [n_embd, n_tokens]
    ggml_tensor * attend(ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, size_t il) {
        return own ? own->attention.build(ctx, il, q, k, v, g.offsets) : attend_masked(q, k, v);
    }

    ggml_tensor * attend_masked(ggml_tensor * q, ggml_tensor * k, ggml_tensor * v) {
        const int64_t n = q->ne[2];
        q = ggml_permute(ctx, q, 0, 2, 1, 3); // [n_embd_head, n, n_head]
        k = ggml_permute(ctx, k, 0, 2, 1, 3);
        v = ggml_cont(ctx, ggml_permute(ctx, v, 1, 2, 0, 3)); // [n, n_embd_head, n_head_kv]
        ggml_tensor * s = ggml_mul_mat(ctx, k, q);            // [n, n, n_head]
        ggml_prec_set_acc(s, GGML_PREC_F32);
        s = ggml_soft_max_ext(ctx, s, g.mask, 1.0f / std::sqrt((float) n_embd_head), 0.0f);
        ggml_tensor * out = ggml_mul_mat(ctx, v, s); // [n_embd_head, n, n_head]
        return ggml_cont_2d(ctx, ggml_permute(ctx, out, 0, 2, 1, 3), n_embd_head * n_head, n);
    }

    ggml_tensor * attend_layer(activations & in, size_t il) {
        const classifier_layer & l = model.layers[il];
        ggml_tensor * q = heads(multiply(l.q, in), n_head);
        ggml_tensor * k = heads(multiply(l.k, in), n_head_kv);
        return attend(rope(q, l), rope(k, l), heads(multiply(l.v, in), n_head_kv), il);
    }

    ggml_tensor * attend_projected(activations & in, size_t il) {
        const packed_projections & p = own->projections[il];
        ggml_tensor * q = packed_build_projection(ctx, p.q, in.int8(), g.positions);
        ggml_tensor * k = packed_build_projection(ctx, p.k, in.int8(), g.positions);
        ggml_tensor * v = packed_build_projection(ctx, p.v, in.int8(), g.positions);
        return attend(heads(q, n_head), heads(k, n_head_kv), heads(v, n_head_kv), il);
    }

    ggml_tensor * heads(ggml_tensor * x, int64_t n_heads) {
        return ggml_reshape_3d(ctx, x, n_embd_head, n_heads, x->ne[1]);
    }

    ggml_tensor * layer(ggml_tensor * x, size_t il) {
        const classifier_layer & l = model.layers[il];

        activations in = normed(x, l.attn_norm);
        ggml_tensor * cur = own && !own->projections.empty() ? attend_projected(in, il) : attend_layer(in, il);

        if (il + 1 == model.layers.size()) {
            // from here on only the rows that get a label matter
            cur = ggml_get_rows(ctx, cur, g.rows);
            x = ggml_get_rows(ctx, x, g.rows);
        }
        in = plain(cur);
        x = multiply(l.o, in, x);

        in = normed(x, l.ffn_norm);
        in = gated(l, in);
        return multiply(l.down, in, x);
    }

    ggml_tensor * classify(ggml_tensor * x, const classifier_head & head) {
        activations in = plain(x);
        for (const linear & dense : head.dense) {
            in = plain(ggml_gelu_erf(ctx, multiply(dense, in)));
        }
        return ggml_soft_max(ctx, multiply(head.output, in));
    }

    void build(const encoder_batch & batch) {
        const int64_t n = batch.n_tokens();
        g.graph = ggml_new_graph_custom(ctx, encoder_graph_max_nodes(model), false);
        g.tokens = input(GGML_TYPE_I32, n, 1, "tokens");
        g.positions = input(GGML_TYPE_I32, n, 1, "positions");
        g.rows = input(GGML_TYPE_I32, (int64_t) batch.rows.size(), 1, "rows");
        if (own) {
            g.offsets = input(GGML_TYPE_I32, (int64_t) batch.offsets.size(), 1, "offsets");
        } else {
            g.mask = input(GGML_TYPE_F32, n, n, "mask");
        }

        ggml_tensor * x = ggml_get_rows(ctx, model.tok_embd, g.tokens);
        for (size_t il = 0; il < model.layers.size(); ++il) {
            x = layer(x, il);
        }
        x = norm(x, model.output_norm);

        for (const classifier_head & head : model.heads) {
            ggml_tensor * probs = classify(x, head);
            g.probs = g.probs ? ggml_concat(ctx, g.probs, probs, 0) : probs;
        }
        ggml_set_output(g.probs);
        ggml_build_forward_expand(g.graph, g.probs);
    }
};

encoder_graph encoder_graph_build(
    ggml_context * ctx, const token_classifier & model, const encoder_batch & batch, cpu_operations * own) {
    graph_builder builder{ ctx, model, own };
    builder.build(batch);
    return builder.g;
}
