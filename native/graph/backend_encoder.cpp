#include "graph/backend_encoder.h"

#include "backends/backend.h"
#include "backends/devices.h"
#include "graph/backend_graph.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <numeric>

// Fewest rows of a matrix product on a device. ggml-vulkan has a shader for each number of rows up to 8 and each type
// of weights, and compiles it when it is first needed: with more rows, one shader does for all.
static const int32_t FEWEST_ROWS = 16;

static const int32_t GROWTH = 256; // tokens

// Vulkan's backend throws where the device is lost or full. A prebuilt one throws exceptions of another C++ library,
// which only `...` catches.
template <typename function> auto backend_encoder::on_device(function f) const {
    try {
        return f();
    } catch (const vaner_error &) {
        throw;
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception & error) {
        throw device_error(error.what());
    } catch (...) {
        if (is_bad_alloc()) {
            throw std::bad_alloc();
        }
        throw device_error("its backend gives no reason");
    }
}

backend_encoder::backend_encoder(const token_classifier & model, const encoder_params & params)
    : encoder(model), params(params), memory(model) {
    on_device([&] { start(params.batch_tokens); });
}

bool backend_encoder::is_offloaded() const {
    return !devices_all_cpu(model.devices);
}

// Memory for batches of n_tokens is allocated at once: a device that has too little fails here, not in the middle.
void backend_encoder::start(int32_t n_tokens) {
    scheduler.reset();
    backends.clear();
    n_reserved = 0;
    for (ggml_backend_dev_t device : model.devices) {
        if (device != devices_cpu()) {
            backends.push_back(backend_start(device));
        }
    }
    backend_need_threads(params.n_threads);
    backends.push_back(backend_start_cpu(params.n_threads));
    start_scheduler();
    if (is_offloaded()) {
        reserve(n_tokens);
    }
}

void backend_encoder::start_scheduler() {
    std::vector<ggml_backend_t> pointers;
    std::vector<ggml_backend_buffer_type_t> types;
    for (const auto & backend : backends) {
        pointers.push_back(backend.get());
        types.push_back(ggml_backend_get_default_buffer_type(backend.get()));
    }
    // Inputs lie in the CPU's memory. Memory that the first device reads by itself saves a copy of them.
    if (auto pinned = ggml_backend_dev_host_buffer_type(ggml_backend_get_device(pointers.front()))) {
        types.back() = pinned;
    }
    scheduler.reset(ggml_backend_sched_new(
        pointers.data(), types.data(), (int) pointers.size(), encoder_graph_max_nodes(model), false, true));
}

void backend_encoder::reserve(int32_t n_tokens) {
    const std::vector<int32_t> tokens(n_tokens, 0);
    std::vector<int32_t> rows(n_tokens);
    std::iota(rows.begin(), rows.end(), 0);
    encoder_batch batch;
    batch.add(tokens.data(), n_tokens, rows.data(), rows.size());
    const ggml_context_ptr ctx = memory.new_context();
    if (!ggml_backend_sched_reserve(scheduler.get(), backend_graph_build(ctx.get(), model, batch).graph)) {
        throw allocation_error(batch);
    }
    n_reserved = n_tokens;
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

// Adds a sequence of its own and rows of it, which are computed for nothing.
static void pad(encoder_batch & batch) {
    const std::vector<int32_t> tokens(std::max(1, FEWEST_ROWS - batch.n_tokens()), 0);
    const size_t n_rows = batch.tagged_rows.size();
    const std::vector<int32_t> rows(std::max<size_t>(n_rows, FEWEST_ROWS) - n_rows, 0);
    if (!rows.empty() || tokens.size() > 1) {
        batch.add(tokens.data(), (int32_t) tokens.size(), rows.data(), rows.size());
        // a model may have learned fewer positions
        std::fill(batch.positions.end() - (std::ptrdiff_t) tokens.size(), batch.positions.end(), 0);
    }
}

// mask: [n_tokens][n_tokens] of a batch from with_instructions(): 0 where the token of the row attends to that of the
// column, -inf elsewhere.
//   reach  tokens of its sequence that a token sees on each side
static void fill_mask(float * mask, const encoder_batch & batch, bool causal, int32_t reach) {
    const size_t n = batch.tokens.size();
    std::fill(mask, mask + n * n, -INFINITY);
    const auto show = [&](int32_t token, int32_t first, int32_t end) {
        std::fill(mask + token * n + first, mask + token * n + end, 0.0f);
    };
    for (int32_t s = 0; s < batch.n_sequences(); ++s) {
        const int32_t instruction = batch.instruction_of[s];
        for (int32_t i = batch.offsets[s]; i < batch.offsets[s + 1]; ++i) {
            const int32_t first = i - std::min(reach, i - batch.offsets[s]);
            const int32_t end = i + 1 + std::min(reach, batch.offsets[s + 1] - i - 1);
            show(i, first, causal ? i + 1 : end);
            if (instruction >= 0) {
                show(i, batch.offsets[instruction], batch.offsets[instruction + 1]);
            }
        }
    }
}

// The inputs of a scheduler's graph lie in the CPU's memory: a mask, by far the largest, is written in place.
static void set_mask(ggml_tensor * mask, const encoder_batch & batch, bool causal, int32_t reach = INT32_MAX) {
    if (ggml_backend_buffer_is_host(mask->buffer)) {
        fill_mask((float *) mask->data, batch, causal, reach);
        return;
    }
    std::vector<float> values(ggml_nelements(mask));
    fill_mask(values.data(), batch, causal, reach);
    set_input(mask, values);
}

std::vector<float> backend_encoder::encode(const encoder_batch & batch, const std::function<bool()> & cancelled) {
    return on_device([&] { return run(with_instructions(batch), cancelled); });
}

std::vector<float> backend_encoder::run(encoder_batch whole, const std::function<bool()> & cancelled) {
    const size_t n_probs_wanted = whole.tagged_rows.size() * n_probs();
    if (is_offloaded()) {
        pad(whole);
        if (whole.n_tokens() > n_reserved) {
            // A new backend: the old one's descriptor sets would name buffers that are freed now. No shader reads
            // those, but lavapipe (seen with Mesa 22.3) counts references in them, in memory that is others' by then.
            start((whole.n_tokens() + GROWTH - 1) / GROWTH * GROWTH);
        }
    }
    const ggml_context_ptr ctx = memory.new_context();
    const backend_graph g = backend_graph_build(ctx.get(), model, whole);
    check_spare_memory(model, whole);
    ggml_backend_sched_reset(scheduler.get());
    if (!ggml_backend_sched_alloc_graph(scheduler.get(), g.graph)) {
        start_scheduler(); // the old one would use what it did not get
        n_reserved = 0;
        throw allocation_error(whole);
    }
    g.set_inputs(whole);
    set_mask(g.mask, whole, model.format.causal);
    if (g.local_mask) {
        set_mask(g.local_mask, whole, model.format.causal, (int32_t) model.format.reach);
    }

    backend_set_cancelled(backends.back().get(), cancelled);
    const ggml_status status = ggml_backend_sched_graph_compute(scheduler.get(), g.graph);
    if (status == GGML_STATUS_FAILED && is_offloaded()) {
        throw device_error(ggml_status_to_string(status));
    }
    backend_check(status);
    std::vector<float> probs = g.read_probs();
    probs.resize(n_probs_wanted);
    return probs;
}

vaner_error backend_encoder::device_error(const char * reason) const {
    return vaner_error(VANER_DEVICE,
        vaner_format("the device '%s' failed: %s. Load the model on the CPU (`gpu: false`), or restart the process to "
                     "use the device again",
            ggml_backend_dev_name(model.devices.front()), reason));
}
