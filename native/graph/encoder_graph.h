#pragma once

#include "error.h"
#include "graph/encoder_batch.h"
#include "model/token_classifier.h"

#include "ggml-backend.h"
#include "ggml-cpp.h"
#include "ggml.h"

#include <vector>

// The forward pass of one batch as a ggml graph, and the tensors that carry data in and out.
struct encoder_graph {
    ggml_cgraph * graph = nullptr;

    ggml_tensor * tokens = nullptr;      // I32 [n_tokens]
    ggml_tensor * positions = nullptr;   // I32 [n_tokens]
    ggml_tensor * tagged_rows = nullptr; // I32 [n_tagged_rows]

    ggml_tensor * probs = nullptr; // F32 [n_heads*n_labels, n_tagged_rows]

    // Of an allocated graph.
    void set_inputs(const encoder_batch & batch) const;
    std::vector<float> read_probs() const;
};

template <typename T> void set_input(ggml_tensor * t, const std::vector<T> & values) {
    ggml_backend_tensor_set(t, values.data(), 0, values.size() * sizeof(T));
}

// Why a batch's graph could not be allocated.
vaner_error allocation_error(const encoder_batch & batch);

size_t encoder_graph_max_nodes(const token_classifier & model);

// ggml ends the process where it finds no memory for its own lists of nodes. Call before it makes some for a graph.
// throws VANER_OUT_OF_MEMORY
void check_spare_memory(const token_classifier & model, const encoder_batch & batch);

// Memory for the description of one graph at a time. The graph is built anew for every batch: that takes 0.1 to
// 0.25 ms, too little to keep graphs for.
class encoder_graph_memory {
public:
    explicit encoder_graph_memory(const token_classifier & model);

    // Contexts that were made before become invalid.
    ggml_context_ptr new_context();

private:
    std::vector<uint8_t> bytes;
};

// What all graphs of a model share: embedding, order of the layers, heads. Subclasses build the parts of a layer from
// the operations that their backends have.
class encoder_graph_builder {
protected:
    encoder_graph_builder(ggml_context * ctx, const token_classifier & model);
    virtual ~encoder_graph_builder() = default;

    // Inputs that all graphs have. Subclasses add their own before they build.
    void add_inputs(encoder_graph & g, const encoder_batch & batch);
    void build(encoder_graph & g);

    // Attention of layer il, up to its output projection: x [n_embd, n_tokens] -> [n_embd, n_tokens]
    virtual ggml_tensor * attention(ggml_tensor * x, size_t il) = 0;

    // norm(W x + b + add)
    virtual ggml_tensor * multiply_add(
        const linear & l, ggml_tensor * x, ggml_tensor * add, const layer_norm & norm) = 0;

    // x + down(act(gate n) * up n), with n = norm(x) and act SiLU, or GELU in ModernBERT; without a gate:
    // norm(x + down(gelu(up x)))
    virtual ggml_tensor * feed_forward(ggml_tensor * x, const classifier_layer & l) = 0;

    // Small matrices in F32, which are never prepacked: W x + b
    virtual ggml_tensor * multiply_floats(const linear & l, ggml_tensor * x) { return multiply(l, x); }

    // Made of ggml's own operations, which every backend has.
    ggml_tensor * input(ggml_type type, int64_t ne0, int64_t ne1, const char * name);
    ggml_tensor * norm(ggml_tensor * x, ggml_tensor * weight); // of the model's kind; without a weight: x itself
    ggml_tensor * norm(ggml_tensor * x, const layer_norm & n); // the same
    ggml_tensor * multiply(const linear & l, ggml_tensor * x); // W x + scale * B A x + b
    ggml_tensor * add_low_rank(const low_rank & lora, ggml_tensor * y, ggml_tensor * x); // y + scale * B A x
    ggml_tensor * split_heads(ggml_tensor * x, int64_t n_heads); // [n, n_tokens] -> [n_embd_head, n_heads, n_tokens]

    ggml_context * const ctx;
    const token_classifier & model;
    const int64_t n_embd_head, n_head, n_head_kv;

private:
    ggml_tensor * embed(const encoder_graph & g);
    ggml_tensor * layer(ggml_tensor * x, size_t il, ggml_tensor * tagged_rows);
    ggml_tensor * classify(ggml_tensor * x, const classifier_head & head);
};
