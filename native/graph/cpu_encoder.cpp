#include "graph/cpu_encoder.h"

#include "backends/backend.h"
#include "backends/cache_line_buffer.h"
#include "kernels/attention/attention.h"
#include "kernels/matmul/prepacked_matrix.h"

#include <algorithm>
#include <iterator>

// 64 MiB: hundreds of instructions of the default model, two or three of a model of LLaMA-2-7B's size
static const size_t MAX_INSTRUCTION_BYTES = 64 << 20;

// Queries, keys and values come from quantized products already: rounding them to BF16 loses little more.
static bool rounds_activations(const token_classifier & model) {
    return std::all_of(model.layers.begin(), model.layers.end(),
        [](const classifier_layer & l) { return l.q.prepacked && l.k.prepacked && l.v.prepacked && l.o.prepacked; });
}

// Whether the projections can write BF16 and the output projection can read it: prepacked, with nothing to do in F32
// between them but rotary positions.
static bool projects_in_bf16(const token_classifier & model) {
    return !model.pos_embd && !model.rotates_halves() &&
        std::all_of(model.layers.begin(), model.layers.end(), [](const classifier_layer & l) {
            const linear * all[] = { &l.q, &l.k, &l.v, &l.o };
            return !l.q_norm && !l.k_norm && std::all_of(std::begin(all), std::end(all), [](const linear * w) {
                return w->prepacked && w->prepacked->can_multiply_to_bf16() && !w->b && !w->lora.a;
            });
        });
}

static cpu_operations make_operations(const token_classifier & model, int n_threads) {
    return { attention_op(model, n_threads, rounds_activations(model)), rotary_op(model, model.rope_freq_base),
        rotary_op(model, model.rope_freq_base_local), {} };
}

cpu_encoder::cpu_encoder(const token_classifier & model, int n_threads)
    : encoder(model), backend(backend_start_cpu(n_threads)), allocator(ggml_gallocr_new(cache_line_buffer_type())),
      memory(model), operations(make_operations(model, n_threads)), n_threads(n_threads),
      instructions(MAX_INSTRUCTION_BYTES) {
    const bool bf16 = attention_stores_bf16((int) model.format.n_embd_head) && projects_in_bf16(model);
    for (const classifier_layer & l : model.layers) {
        if (bf16) {
            const rotary_op * rotary = &operations.rotary;
            operations.projections.push_back(
                { { l.q.prepacked, rotary }, { l.k.prepacked, rotary }, { l.v.prepacked, nullptr } });
        }
    }
}

std::vector<float> cpu_encoder::encode(const encoder_batch & batch, const std::function<bool()> & cancelled) {
    const std::vector<cached_ptr> cached = look_up(batch.instructions, cancelled);
    std::vector<const instruction_kv *> prefixes;
    for (const int32_t i : batch.instruction_of) {
        prefixes.push_back(i < 0 ? nullptr : cached[i].get());
    }
    return run(batch, std::move(prefixes), {}, cancelled);
}

// Instructions that are not in the cache are encoded first, as sequences of their own.
std::vector<cpu_encoder::cached_ptr> cpu_encoder::look_up(
    const std::vector<instruction_ptr> & wanted, const std::function<bool()> & cancelled) {
    const size_t width = (size_t) model.format.n_head_kv * model.format.n_embd_head;
    const int32_t some_row = 0; // a batch has to tag a row; its label is ignored
    std::vector<cached_ptr> result;
    for (const instruction_ptr & instruction : wanted) {
        cached_ptr cached = instructions.find(*instruction);
        if (!cached) {
            const auto computed = std::make_shared<instruction_kv>(model.layers.size(), instruction->size(), width);
            encoder_batch batch;
            batch.add(instruction->data(), (int32_t) instruction->size(), &some_row, 1);
            run(batch, { nullptr }, { computed.get() }, cancelled);
            instructions.add(instruction, computed);
            cached = computed;
        }
        result.push_back(cached);
    }
    return result;
}

std::vector<float> cpu_encoder::run(const encoder_batch & batch, std::vector<const instruction_kv *> prefixes,
    std::vector<instruction_kv *> captured, const std::function<bool()> & cancelled) {
    const ggml_context_ptr ctx = memory.new_context();
    const cpu_graph g = cpu_graph_build(ctx.get(), model, batch, operations);
    check_spare_memory(model, batch);
    if (!ggml_gallocr_alloc_graph(allocator.get(), g.graph)) {
        allocator.reset(ggml_gallocr_new(cache_line_buffer_type())); // the old one would use what it did not get
        throw allocation_error(batch);
    }
    g.set_inputs(batch);
    set_input(g.offsets, batch.offsets);
    operations.attention.prepare(batch.offsets, std::move(prefixes), std::move(captured));
    operations.rotary.prepare(batch.positions);
    if (!model.format.local.empty()) {
        operations.local_rotary.prepare(batch.positions);
    }

    backend_need_threads(n_threads);
    backend_set_cancelled(backend.get(), cancelled);
    backend_check(ggml_backend_graph_compute(backend.get(), g.graph));
    return g.read_probs();
}
