#include "graph/encoder_graph.h"

#include <cstdlib>

void encoder_graph::set_inputs(const encoder_batch & batch) const {
    set_input(tokens, batch.tokens);
    set_input(positions, batch.positions);
    set_input(tagged_rows, batch.tagged_rows);
}

std::vector<float> encoder_graph::read_probs() const {
    std::vector<float> result(ggml_nelements(probs));
    ggml_backend_tensor_get(probs, result.data(), 0, result.size() * sizeof(float));
    return result;
}

vaner_error allocation_error(const encoder_batch & batch) {
    return vaner_error(VANER_OUT_OF_MEMORY,
        vaner_format("there is not enough memory to encode %d tokens at once: free some, or use a smaller model",
            batch.n_tokens()));
}

size_t encoder_graph_max_nodes(const token_classifier & model) {
    size_t n = 64 + 96 * model.layers.size();
    for (const auto & head : model.heads) {
        n += 16 + 8 * head.dense.size();
    }
    return n;
}

void check_spare_memory(const token_classifier & model, const encoder_batch & batch) {
    const size_t per_node = 1024;                                              // more than ggml takes
    void * volatile spare = malloc(per_node * encoder_graph_max_nodes(model)); // volatile: not optimized away
    if (!spare) {
        throw allocation_error(batch);
    }
    free(spare);
}

encoder_graph_memory::encoder_graph_memory(const token_classifier & model) {
    const size_t max_nodes = encoder_graph_max_nodes(model);
    bytes.resize(max_nodes * ggml_tensor_overhead() + ggml_graph_overhead_custom(max_nodes, false));
}

ggml_context_ptr encoder_graph_memory::new_context() {
    return ggml_context_ptr(ggml_init({ bytes.size(), bytes.data(), /*.no_alloc =*/true }));
}

encoder_graph_builder::encoder_graph_builder(ggml_context * ctx, const token_classifier & model)
    : ctx(ctx), model(model), n_embd_head(model.format.n_embd_head), n_head(model.format.n_head),
      n_head_kv(model.format.n_head_kv) {}

ggml_tensor * encoder_graph_builder::input(ggml_type type, int64_t ne0, int64_t ne1, const char * name) {
    ggml_tensor * t = ggml_new_tensor_2d(ctx, type, ne0, ne1);
    ggml_set_input(t);
    ggml_set_name(t, name);
    return t;
}

void encoder_graph_builder::add_inputs(encoder_graph & g, const encoder_batch & batch) {
    g.graph = ggml_new_graph_custom(ctx, encoder_graph_max_nodes(model), false);
    g.tokens = input(GGML_TYPE_I32, batch.n_tokens(), 1, "tokens");
    g.positions = input(GGML_TYPE_I32, batch.n_tokens(), 1, "positions");
    g.tagged_rows = input(GGML_TYPE_I32, (int64_t) batch.tagged_rows.size(), 1, "tagged_rows");
}

void encoder_graph_builder::build(encoder_graph & g) {
    ggml_tensor * x = embed(g);
    for (size_t il = 0; il < model.layers.size(); ++il) {
        x = layer(x, il, g.tagged_rows);
    }
    x = norm(x, model.output_norm);

    for (const classifier_head & head : model.heads) {
        ggml_tensor * probs = classify(x, head);
        g.probs = g.probs ? ggml_concat(ctx, g.probs, probs, 0) : probs;
    }
    ggml_set_output(g.probs);
    ggml_build_forward_expand(g.graph, g.probs);
}

ggml_tensor * encoder_graph_builder::embed(const encoder_graph & g) {
    ggml_tensor * x = ggml_get_rows(ctx, model.tok_embd, g.tokens);
    if (model.type_embd) { // all tokens are of the first type
        x = ggml_add(ctx, x, ggml_view_1d(ctx, model.type_embd, model.type_embd->ne[0], 0));
    }
    if (model.pos_embd) {
        x = ggml_add(ctx, x, ggml_get_rows(ctx, model.pos_embd, g.positions));
    }
    x = norm(x, model.embd_norm);
    return model.embd_projection.w ? multiply_floats(model.embd_projection, x) : x;
}

ggml_tensor * encoder_graph_builder::layer(ggml_tensor * x, size_t il, ggml_tensor * tagged_rows) {
    const classifier_layer & l = model.layers[il];
    ggml_tensor * attended = attention(x, il);
    if (il + 1 == model.layers.size()) {
        // behind the last attention only the rows that get a label are needed
        attended = ggml_get_rows(ctx, attended, tagged_rows);
        x = ggml_get_rows(ctx, x, tagged_rows);
    }
    return feed_forward(multiply_add(l.o, attended, x, l.attn_out_norm), l);
}

ggml_tensor * encoder_graph_builder::classify(ggml_tensor * x, const classifier_head & head) {
    if (model.format.prediction_head) {
        x = norm(ggml_gelu_erf(ctx, multiply_floats(head.dense[0], x)), head.norm);
        return ggml_soft_max(ctx, multiply_floats(head.output, x));
    }
    for (const linear & dense : head.dense) {
        x = ggml_gelu_erf(ctx, multiply(dense, x));
    }
    return ggml_soft_max(ctx, multiply(head.output, x));
}

ggml_tensor * encoder_graph_builder::norm(ggml_tensor * x, ggml_tensor * weight) {
    if (!weight) {
        return x;
    }
    x = model.has_rms_norms() ? ggml_rms_norm(ctx, x, model.norm_eps) : ggml_norm(ctx, x, model.norm_eps);
    return ggml_mul(ctx, x, weight);
}

ggml_tensor * encoder_graph_builder::norm(ggml_tensor * x, const layer_norm & n) {
    if (!n.w) {
        return x;
    }
    x = ggml_mul(ctx, ggml_norm(ctx, x, model.norm_eps), n.w);
    return n.b ? ggml_add(ctx, x, n.b) : x;
}

ggml_tensor * encoder_graph_builder::multiply(const linear & l, ggml_tensor * x) {
    ggml_tensor * y = ggml_mul_mat(ctx, l.w, x);
    y = l.lora.a ? add_low_rank(l.lora, y, x) : y;
    return l.b ? ggml_add(ctx, y, l.b) : y;
}

ggml_tensor * encoder_graph_builder::add_low_rank(const low_rank & lora, ggml_tensor * y, ggml_tensor * x) {
    ggml_tensor * low = ggml_scale(ctx, ggml_mul_mat(ctx, lora.a, x), lora.scale); // [rank, n]
    return ggml_add(ctx, y, ggml_mul_mat(ctx, lora.b, low));
}

ggml_tensor * encoder_graph_builder::split_heads(ggml_tensor * x, int64_t n_heads) {
    return ggml_reshape_3d(ctx, x, n_embd_head, n_heads, x->ne[1]);
}
