#pragma once

#include "graph/instruction_cache.h"

#include "ggml.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

// A ggml operation on the CPU: attention of packed sequences of any lengths, without mask or padding.
class packed_attention {
public:
    packed_attention(size_t n_layer, int n_threads, int n_embd_head, int n_head, int n_head_kv, bool causal, bool bf16);

    // q [n_embd_head, n_head, n_tokens], k and v [n_embd_head, n_head_kv, n_tokens], offsets I32 [n_sequences + 1]
    // -> [n_embd_head*n_head, n_tokens]; all but offsets F32, or BF16 (attention_params::stored_bf16). The object has to outlive
    // the graph.
    ggml_tensor * build(
        ggml_context * ctx, size_t il, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * offsets);

    // Before each run of a graph, as cpu_operations::prepare. throws std::bad_alloc
    void prepare(const std::vector<int32_t> & offsets, std::vector<const instruction_keys *> before,
        std::vector<instruction_keys *> kept);

private:
    // ggml tells an operation its thread, not its share: threads take units of work from a counter,
    // since equal shares would wait for the slower core.
    struct layer_state {
        packed_attention * op = nullptr;
        size_t il = 0;
        std::atomic<int> next{ 0 };
    };

    struct free_aligned {
        void operator()(float * p) const;
    };

    static void run(ggml_tensor * dst, int ith, int nth, void * user_data);

    const int n_embd_head, n_head_kv, n_rep;
    const float scale;
    const bool causal;
    const bool bf16; // as attention_params

    std::vector<layer_state> layers;
    std::vector<const instruction_keys *> before; // [n_sequences]
    std::vector<instruction_keys *> kept;         // [n_sequences], or empty
    size_t scratch_size = 0;                      // floats per thread
    std::vector<std::unique_ptr<float, free_aligned>> scratch;
};
