#pragma once

#include "graph/instruction_cache.h"
#include "model/model_weights.h"

#include "ggml.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

// A ggml operation on the CPU: attention of an unpadded batch, without a mask.
class attention_op {
public:
    // bf16: may round to BF16 (attention_params::allow_bf16)
    attention_op(const model_weights & model, int n_threads, bool bf16);

    attention_op(const attention_op &) = delete; // graphs point to it
    attention_op & operator=(const attention_op &) = delete;

    // q [n_embd_head, n_head, n_tokens], k and v [n_embd_head, n_head_kv, n_tokens], offsets I32 [n_sequences + 1]
    // -> [n_embd_head*n_head, n_tokens], in the type of q, k and v: F32, or BF16 (attention_params::stored_bf16)
    ggml_tensor * build(
        ggml_context * ctx, size_t il, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * offsets);

    // Before each run of a graph. throws std::bad_alloc
    //   prefixes  [n_sequences] what each sequence attends to in front of it; NULL: nothing
    //   captured  [n_sequences] takes each sequence's own keys and values; or empty
    void prepare(const std::vector<int32_t> & offsets, std::vector<const instruction_kv *> prefixes,
        std::vector<instruction_kv *> captured);

private:
    // Threads take units of work from a counter: with equal shares all would wait for the slowest core.
    struct layer_state {
        attention_op * op = nullptr;
        size_t il = 0;
        std::atomic<int> next_unit{ 0 };
    };

    struct free_aligned {
        void operator()(float * p) const;
    };

    static void run(ggml_tensor * dst, int ith, int nth, void * user_data);
    void run_unit(const ggml_tensor * dst, size_t il, int sequence, int head_kv, float * thread_scratch) const;

    const int n_embd_head, n_head_kv, n_rep;
    const float scale;
    const bool causal;
    const bool bf16;
    std::vector<int> reaches; // [n_layer] attention_params::reach

    std::vector<layer_state> layers;
    std::vector<const instruction_kv *> prefixes; // [n_sequences]
    std::vector<instruction_kv *> captured;       // [n_sequences], or empty
    size_t scratch_size = 0;                      // floats per thread
    std::vector<std::unique_ptr<float, free_aligned>> scratch;
};
