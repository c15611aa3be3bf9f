#include "graph/encoder.h"

#include "backends/cache_lines.h"
#include "backends/devices.h"
#include "error.h"
#include "graph/encoder_graph.h"
#include "kernels/attention/attention.h"
#include "kernels/matmul/prepacked_matrix.h"

#include "ggml-alloc.h"
#include "ggml-cpp.h"

#include <algorithm>
#include <cmath>
#include <iterator>

// Some hundred instructions of the model of this package, two or three of one of LLaMA-2-7B's size.
static const size_t MAX_INSTRUCTION_BYTES = 64 << 20;

struct encoder::runtime {
    ggml_backend_ptr cpu;
    std::vector<ggml_backend_ptr> gpus;

    // CPU alone: one allocator and our own operations. Otherwise: ggml's scheduler.
    std::unique_ptr<cpu_operations> own;
    instruction_cache known{ MAX_INSTRUCTION_BYTES };
    ggml_gallocr_ptr allocator;
    ggml_backend_sched_ptr scheduler;

    ggml_backend_set_abort_callback_t set_abort_callback = nullptr;
    std::vector<uint8_t> meta; // memory of the graph's description
};

// Whether what is multiplied with the layers' matrices is rounded to 8 bits or so: then attention may as well be.
static bool rounds_activations(const token_classifier & model) {
    return std::all_of(model.layers.begin(), model.layers.end(),
        [](const classifier_layer & l) { return l.q.packed && l.k.packed && l.v.packed && l.o.packed; });
}

// Whether nothing but packed matrices, which write BF16, makes queries, keys and values, and takes what attention makes of them.
static bool projects_in_bf16(const token_classifier & model) {
    return std::all_of(model.layers.begin(), model.layers.end(), [](const classifier_layer & l) {
        const linear * all[] = { &l.q, &l.k, &l.v, &l.o };
        return std::all_of(std::begin(all), std::end(all),
            [](const linear * w) { return w->packed && w->packed->can_multiply_to_bf16() && !w->b && !w->lora.a; });
    });
}

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
        const bool bf16 = rounds_activations(model);
        rt->own.reset(new cpu_operations{
            { model.layers.size(), params.n_threads, (int) f.n_embd_head(), (int) f.n_head, (int) f.n_head_kv, f.causal,
                bf16 },
            rotary(model),
            {},
        });
        if (bf16 && attention_stores_bf16((int) f.n_embd_head()) && projects_in_bf16(model)) {
            for (const classifier_layer & l : model.layers) {
                const rotary * positions = &rt->own->positions;
                rt->own->projections.push_back(
                    { { l.q.packed, positions }, { l.k.packed, positions }, { l.v.packed, nullptr } });
            }
        }
        rt->allocator.reset(ggml_gallocr_new(cache_line_buffer_type()));
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
    for (const int32_t row : batch.rows) {
        whole.rows.push_back(n_front + row);
    }
    return whole;
}

// 0 where the query's token (row) sees the key's (column), -inf elsewhere; of a batch with its instructions in front
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

template <typename T> static void set_input(ggml_tensor * t, const std::vector<T> & values) {
    ggml_backend_tensor_set(t, values.data(), 0, values.size() * sizeof(T));
}

std::vector<float> encoder::encode(const encoder_batch & batch, const std::function<bool()> & cancelled) {
    if (!rt->own) {
        return run(with_instructions(batch), {}, {}, cancelled);
    }
    const std::vector<keys_ptr> keys = keys_of(batch.instructions, cancelled);
    std::vector<const instruction_keys *> before;
    for (const int32_t i : batch.instruction_of) {
        before.push_back(i < 0 ? nullptr : keys[i].get());
    }
    return run(batch, std::move(before), {}, cancelled);
}

// Those that are not known are encoded first, as sequences of their own.
std::vector<encoder::keys_ptr> encoder::keys_of(
    const std::vector<instruction_ptr> & instructions, const std::function<bool()> & cancelled) {
    const size_t width = (size_t) model.format.n_head_kv * model.format.n_embd_head();
    const int32_t some_row = 0; // its label is of no interest
    std::vector<keys_ptr> keys;
    for (const instruction_ptr & instruction : instructions) {
        keys_ptr known = rt->known.find(*instruction);
        if (!known) {
            const auto learned = std::make_shared<instruction_keys>(model.layers.size(), instruction->size(), width);
            encoder_batch batch;
            batch.add(instruction->data(), (int32_t) instruction->size(), &some_row, 1);
            run(batch, { nullptr }, { learned.get() }, cancelled);
            rt->known.add(instruction, learned);
            known = learned;
        }
        keys.push_back(known);
    }
    return keys;
}

std::vector<float> encoder::run(const encoder_batch & batch, std::vector<const instruction_keys *> before,
    std::vector<instruction_keys *> kept, const std::function<bool()> & cancelled) {
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
        rt->own->prepare(batch, std::move(before), std::move(kept));
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
