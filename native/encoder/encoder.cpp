#include "encoder/encoder.h"

#include "backends/devices.h"
#include "encoder/encoder_graph.h"
#include "error.h"

#include "ggml-alloc.h"
#include "ggml-cpp.h"

#include <algorithm>
#include <cmath>

struct encoder::runtime {
    ggml_backend_ptr cpu;
    std::vector<ggml_backend_ptr> gpus;

    // CPU alone: one allocator and our own operations. Otherwise: ggml's scheduler.
    std::unique_ptr<cpu_operations> own;
    ggml_gallocr_ptr allocator;
    ggml_backend_sched_ptr scheduler;

    ggml_backend_set_abort_callback_t set_abort_callback = nullptr;
    std::vector<uint8_t> meta; // memory of the graph's description
};

static ggml_backend_ptr start_backend(ggml_backend_dev_t device) {
    ggml_backend_ptr backend(ggml_backend_dev_init(device, nullptr));
    if (!backend) {
        throw vaner_error(
            VANER_DEVICE, vaner_format("the device '%s' could not be started", ggml_backend_dev_name(device)));
    }
    return backend;
}

encoder::encoder(const token_classifier & model, const encoder_params & params)
    : rt(new runtime()), model(model), params(params) {
    rt->cpu = start_backend(devices_cpu());
    rt->set_abort_callback =
        device_function<ggml_backend_set_abort_callback_t>(devices_cpu(), "ggml_backend_set_abort_callback");
    device_function<ggml_backend_set_n_threads_t>(devices_cpu(), "ggml_backend_set_n_threads")(
        rt->cpu.get(), params.n_threads);
    for (ggml_backend_dev_t device : model.devices) {
        if (device != devices_cpu()) {
            rt->gpus.push_back(start_backend(device));
        }
    }

    const size_t max_nodes = encoder_graph_max_nodes(model);
    rt->meta.resize(max_nodes * ggml_tensor_overhead() + ggml_graph_overhead_custom(max_nodes, false));
    if (rt->gpus.empty() && !params.generic_ops) {
        const model_format & f = model.format;
        rt->own.reset(new cpu_operations{
            { model.layers.size(), params.n_threads, (int) f.n_embd_head(), (int) f.n_head, (int) f.n_head_kv,
                f.causal },
            rotary(model),
        });
        rt->allocator.reset(ggml_gallocr_new(ggml_backend_get_default_buffer_type(rt->cpu.get())));
        return;
    }
    std::vector<ggml_backend_t> backends;
    for (const auto & gpu : rt->gpus) {
        backends.push_back(gpu.get());
    }
    backends.push_back(rt->cpu.get()); // the scheduler wants it last
    rt->scheduler.reset(
        ggml_backend_sched_new(backends.data(), nullptr, (int) backends.size(), max_nodes, false, true));
}

encoder::~encoder() = default;

size_t encoder::n_probs() const {
    return model.heads.size() * model.format.labels.size();
}

// 0 where the query's token (row) sees the key's (column), -inf elsewhere
static std::vector<float> make_mask(const encoder_batch & batch, bool causal) {
    const size_t n = batch.tokens.size();
    std::vector<float> mask(n * n, -INFINITY);
    for (int32_t s = 0; s < batch.n_sequences(); ++s) {
        for (int32_t i = batch.offsets[s]; i < batch.offsets[s + 1]; ++i) {
            const int32_t end = causal ? i + 1 : batch.offsets[s + 1];
            std::fill(mask.begin() + i * n + batch.offsets[s], mask.begin() + i * n + end, 0.0f);
        }
    }
    return mask;
}

template <typename T> static void set_input(ggml_tensor * t, const std::vector<T> & values) {
    ggml_backend_tensor_set(t, values.data(), 0, values.size() * sizeof(T));
}

std::vector<float> encoder::encode(const encoder_batch & batch, const std::function<bool()> & cancelled) {
    // The graph is built anew for every batch: that takes 0.1 to 0.25 ms, too little to keep graphs for.
    ggml_init_params init = { rt->meta.size(), rt->meta.data(), /*.no_alloc =*/true };
    ggml_context_ptr ctx(ggml_init(init));
    const encoder_graph g = encoder_graph_build(ctx.get(), model, batch, rt->own.get());

    if (rt->scheduler) {
        ggml_backend_sched_reset(rt->scheduler.get());
    }
    const bool allocated = rt->scheduler ? ggml_backend_sched_alloc_graph(rt->scheduler.get(), g.graph)
                                         : ggml_gallocr_alloc_graph(rt->allocator.get(), g.graph);
    if (!allocated) {
        throw vaner_error(VANER_OUT_OF_MEMORY,
            vaner_format("there is not enough memory to encode %d tokens at once", batch.n_tokens()));
    }

    set_input(g.tokens, batch.tokens);
    set_input(g.positions, batch.positions);
    set_input(g.rows, batch.rows);
    if (g.offsets) {
        set_input(g.offsets, batch.offsets);
        rt->own->prepare(batch);
    } else {
        set_input(g.mask, make_mask(batch, model.format.causal));
    }

    rt->set_abort_callback(
        rt->cpu.get(),
        [](void * user_data) {
            const auto & asked = *(const std::function<bool()> *) user_data;
            return asked && asked();
        },
        (void *) &cancelled);
    const ggml_status status = rt->scheduler ? ggml_backend_sched_graph_compute(rt->scheduler.get(), g.graph)
                                             : ggml_backend_graph_compute(rt->cpu.get(), g.graph);
    if (status == GGML_STATUS_ABORTED) {
        throw vaner_error(VANER_ABORTED, "encoding was cancelled");
    }
    if (status != GGML_STATUS_SUCCESS) {
        throw vaner_error(VANER_COMPUTE, vaner_format("the forward pass failed: %s", ggml_status_to_string(status)));
    }
    std::vector<float> probs(batch.rows.size() * n_probs());
    ggml_backend_tensor_get(g.probs, probs.data(), 0, probs.size() * sizeof(float));
    return probs;
}
