#include "graph/cpu_graph.h"

#include "graph/operations/elementwise_ops.h"

#include <functional>

namespace {

// Input of matrix products, in F32, quantized, or both: made once, when a matrix asks for it.
struct activations {
    std::function<ggml_tensor *()> make_floats, make_quantized;
    ggml_tensor * made_floats = nullptr;
    ggml_tensor * made_quantized = nullptr;

    ggml_tensor * floats() { return made_floats ? made_floats : made_floats = make_floats(); }
    ggml_tensor * quantized() { return made_quantized ? made_quantized : made_quantized = make_quantized(); }
};

bool is_prepacked_alone(const linear & l) {
    return l.prepacked && !l.b && !l.lora.a;
}

class cpu_graph_builder : encoder_graph_builder {
public:
    cpu_graph_builder(ggml_context * ctx, const token_classifier & model, cpu_operations & operations)
        : encoder_graph_builder(ctx, model), operations(operations) {}

    cpu_graph build(const encoder_batch & batch) {
        add_inputs(g, batch);
        g.offsets = input(GGML_TYPE_I32, (int64_t) batch.offsets.size(), 1, "offsets");
        encoder_graph_builder::build(g);
        return g;
    }

private:
    ggml_tensor * attention(ggml_tensor * x, size_t il) override {
        activations in = normed(x, model.layers[il].attn_norm);
        return operations.projections.empty() ? attend_f32(in, il) : attend_bf16(in, il);
    }

    ggml_tensor * attend_f32(activations & in, size_t il) {
        const classifier_layer & l = model.layers[il];
        ggml_tensor * q = split_heads(multiply(l.q, in), n_head);
        ggml_tensor * k = split_heads(multiply(l.k, in), n_head_kv);
        q = norm(q, l.q_norm);
        k = norm(k, l.k_norm);
        if (!model.pos_embd) {
            rotary_op & rotary = l.local ? operations.local_rotary : operations.rotary;
            q = rotary.build(ctx, q, g.positions);
            k = rotary.build(ctx, k, g.positions);
        }
        ggml_tensor * v = split_heads(multiply(l.v, in), n_head_kv);
        return operations.attention.build(ctx, il, q, k, v, g.offsets);
    }

    ggml_tensor * attend_bf16(activations & in, size_t il) {
        const bf16_projections & p = operations.projections[il];
        ggml_tensor * q = build_multiply_to_bf16(ctx, p.q, in.quantized(), g.positions);
        ggml_tensor * k = build_multiply_to_bf16(ctx, p.k, in.quantized(), g.positions);
        ggml_tensor * v = build_multiply_to_bf16(ctx, p.v, in.quantized(), g.positions);
        return operations.attention.build(
            ctx, il, split_heads(q, n_head), split_heads(k, n_head_kv), split_heads(v, n_head_kv), g.offsets);
    }

    ggml_tensor * multiply_add(
        const linear & l, ggml_tensor * x, ggml_tensor * add, const layer_norm & after) override {
        activations in = plain(x);
        return multiply_add(l, in, add, after);
    }

    ggml_tensor * multiply_add(const linear & l, activations & x, ggml_tensor * add, const layer_norm & after) {
        if (!after.w) {
            return multiply(l, x, add);
        }
        linear without_bias = l;
        without_bias.b = nullptr;
        return build_sum_norm(ctx, model, multiply(without_bias, x), l.b, add, after);
    }

    ggml_tensor * feed_forward(ggml_tensor * x, const classifier_layer & l) override {
        activations in = normed(x, l.ffn_norm);
        activations between = l.gate.w ? gated(l, in) : plain(build_gelu(ctx, multiply(l.up, in)));
        return multiply_add(l.down, between, x, l.layer_out_norm);
    }

    // W x + b, plus add if that is not NULL
    ggml_tensor * multiply(const linear & l, activations & x, ggml_tensor * add = nullptr) {
        if (!l.prepacked) {
            ggml_tensor * y = encoder_graph_builder::multiply(l, x.floats());
            return add ? ggml_add(ctx, y, add) : y;
        }
        const bool biased = l.b && !add;
        ggml_tensor * y = biased ? build_multiply_biased(ctx, *l.prepacked, x.quantized(), l.b)
                                 : build_multiply(ctx, *l.prepacked, x.quantized(), add);
        y = l.lora.a ? add_low_rank(l.lora, y, x.floats()) : y;
        return l.b && !biased ? ggml_add(ctx, y, l.b) : y;
    }

    // act(gate x) * up x
    activations gated(const classifier_layer & l, activations & x) {
        if (model.gates_with_gelu()) {
            ggml_tensor * gate = multiply(l.gate, x);
            return plain(build_gelu_gate(ctx, gate, multiply(l.up, x)));
        }
        if (is_prepacked_alone(l.gate) && is_prepacked_alone(l.up) && l.down.prepacked && !l.down.lora.a) {
            ggml_tensor * y = build_swiglu(ctx, model, l, x.quantized());
            return { nullptr, [=] { return y; } };
        }
        ggml_tensor * gate = multiply(l.gate, x);
        ggml_tensor * up = multiply(l.up, x);
        return { [=] { return ggml_swiglu_split(ctx, gate, up); },
            [=] { return build_quantize_swiglu(ctx, model, gate, up); } };
    }

    activations plain(ggml_tensor * x) {
        return { [=] { return x; }, [=] { return build_quantize(ctx, model, x); } };
    }

    ggml_tensor * multiply_floats(const linear & l, ggml_tensor * x) override { return build_dot(ctx, l, x); }

    // Of the model's kind of norms; without a weight: x itself
    activations normed(ggml_tensor * x, ggml_tensor * weight) {
        if (!weight) {
            return plain(x);
        }
        if (!model.has_rms_norms()) {
            return plain(build_layer_norm(ctx, model, x, weight));
        }
        return { [=] { return norm(x, weight); }, [=] { return build_quantize_norm(ctx, model, x, weight); } };
    }

    cpu_operations & operations;
    cpu_graph g;
};

} // namespace

cpu_graph cpu_graph_build(
    ggml_context * ctx, const token_classifier & model, const encoder_batch & batch, cpu_operations & operations) {
    return cpu_graph_builder(ctx, model, operations).build(batch);
}
