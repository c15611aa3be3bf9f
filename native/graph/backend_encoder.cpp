#include "graph/backend_encoder.h"

#include "backends/backend.h"
#include "backends/devices.h"
#include "graph/backend_graph.h"

#include <algorithm>
#include <cmath>

backend_encoder::backend_encoder(const token_classifier & model, int n_threads) : encoder(model), memory(model) {
    for (ggml_backend_dev_t device : model.devices) {
        if (device != devices_cpu()) {
            backends.push_back(backend_start(device));
        }
    }
    backend_need_threads(n_threads);
    backends.push_back(backend_start_cpu(n_threads));
    start_scheduler();
}

void backend_encoder::start_scheduler() {
    std::vector<ggml_backend_t> pointers;
    for (const auto & backend : backends) {
        pointers.push_back(backend.get());
    }
    scheduler.reset(ggml_backend_sched_new(
        pointers.data(), nullptr, (int) pointers.size(), encoder_graph_max_nodes(model), false, true));
}

// The batch with its instructions as sequences of their own in front: sequence i is instruction i.
static encoder_batch with_instructions(const encoder_batch & batch) {
    encoder_batch whole;
    for (const instruction_ptr & instruction : batch.instructions) {
        whole.add(instruction->data(), (int32_t) instruction->size(), nullptr, 0);
    }
    const int32_t n_front = whole.n_tokens();
    for (int32_t s = 0; s < batch.n_sequences(); ++s) {
        const int32_t i = batch.instruction_of[s];
        whole.add(batch.tokens.data() + batch.offsets[s], batch.offsets[s + 1] - batch.offsets[s], nullptr, 0,
            i < 0 ? nullptr : batch.instructions[i]);
    }
    for (const int32_t row : batch.tagged_rows) {
        whole.tagged_rows.push_back(n_front + row);
    }
    return whole;
}

// [n_tokens][n_tokens] of a batch from with_instructions(): 0 where the token of the row attends to that of the column,
// -inf elsewhere.
static std::vector<float> make_mask(const encoder_batch & batch, bool causal) {
    const size_t n = batch.tokens.size();
    std::vector<float> mask(n * n, -INFINITY);
    const auto show = [&](int32_t token, int32_t first, int32_t end) {
        std::fill(mask.begin() + token * n + first, mask.begin() + token * n + end, 0.0f);
    };
    for (int32_t s = 0; s < batch.n_sequences(); ++s) {
        const int32_t instruction = batch.instruction_of[s];
        for (int32_t i = batch.offsets[s]; i < batch.offsets[s + 1]; ++i) {
            show(i, batch.offsets[s], causal ? i + 1 : batch.offsets[s + 1]);
            if (instruction >= 0) {
                show(i, batch.offsets[instruction], batch.offsets[instruction + 1]);
            }
        }
    }
    return mask;
}

std::vector<float> backend_encoder::encode(const encoder_batch & batch, const std::function<bool()> & cancelled) {
    const encoder_batch whole = with_instructions(batch);
    const ggml_context_ptr ctx = memory.new_context();
    const backend_graph g = backend_graph_build(ctx.get(), model, whole);
    check_spare_memory(model, whole);
    ggml_backend_sched_reset(scheduler.get());
    if (!ggml_backend_sched_alloc_graph(scheduler.get(), g.graph)) {
        start_scheduler(); // the old one would use what it did not get
        throw allocation_error(whole);
    }
    g.set_inputs(whole);
    set_input(g.mask, make_mask(whole, model.format.causal));

    backend_set_cancelled(backends.back().get(), cancelled);
    backend_check(ggml_backend_sched_graph_compute(scheduler.get(), g.graph));
    return g.read_probs();
}
