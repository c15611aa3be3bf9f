#include "graph/operations/attention_op.h"

#include "kernels/attention/attention.h"

#include <algorithm>
#include <cmath>
#include <new>

static const std::align_val_t ALIGNMENT{ 64 };

void attention_op::free_aligned::operator()(float * p) const {
    ::operator delete(p, ALIGNMENT);
}

attention_op::attention_op(const model_weights & model, int n_threads, bool bf16)
    : n_embd_head((int) model.format.n_embd_head), n_head_kv((int) model.format.n_head_kv),
      n_rep((int) (model.format.n_head / model.format.n_head_kv)), scale(1.0f / std::sqrt((float) n_embd_head)),
      causal(model.format.causal), bf16(bf16), layers(model.layers.size()), scratch(n_threads) {
    for (size_t il = 0; il < layers.size(); ++il) {
        layers[il].op = this;
        layers[il].il = il;
        reaches.push_back(model.layers[il].local ? (int) model.format.reach : -1);
    }
}

ggml_tensor * attention_op::build(
    ggml_context * ctx, size_t il, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * offsets) {
    ggml_tensor * args[] = { q, k, v, offsets };
    return ggml_custom_4d(
        ctx, q->type, q->ne[0] * q->ne[1], q->ne[2], 1, 1, args, 4, run, GGML_N_TASKS_MAX, &layers[il]);
}

void attention_op::prepare(const std::vector<int32_t> & offsets, std::vector<const instruction_kv *> prefixes,
    std::vector<instruction_kv *> captured) {
    int max_keys = 0;
    for (size_t s = 0; s + 1 < offsets.size(); ++s) {
        const int n_prefix = prefixes[s] ? (int) prefixes[s]->n_tokens : 0;
        max_keys = std::max(max_keys, n_prefix + offsets[s + 1] - offsets[s]);
    }
    this->prefixes = std::move(prefixes);
    this->captured = std::move(captured);
    const size_t needed = attention_scratch_size(max_keys, n_embd_head);
    if (needed > scratch_size) {
        scratch_size = 0;
        for (auto & buffer : scratch) {
            buffer.reset();
            buffer.reset((float *) ::operator new(needed * sizeof(float), ALIGNMENT));
        }
        scratch_size = needed;
    }
    for (layer_state & layer : layers) {
        layer.next_unit = 0;
    }
}

// A unit of work is one key-value head of one sequence.
void attention_op::run(ggml_tensor * dst, int ith, int, void * user_data) {
    layer_state & layer = *(layer_state *) user_data;
    const attention_op & op = *layer.op;
    const int n_units = (int) (dst->src[3]->ne[0] - 1) * op.n_head_kv;
    for (int unit = layer.next_unit++; unit < n_units; unit = layer.next_unit++) {
        op.run_unit(dst, layer.il, unit / op.n_head_kv, unit % op.n_head_kv, op.scratch[ith].get());
    }
}

template <typename number> static void copy_to_f32(const number * from, int n, float * to) {
    if constexpr (std::is_same_v<number, ggml_bf16_t>) {
        std::transform(from, from + n, to, ggml_bf16_to_fp32);
    } else {
        std::copy_n(from, n, to);
    }
}

// Copies the keys and values of one head into its columns of the cache.
template <typename number> static void capture(const attention_params & p, float * keys, float * values, size_t width) {
    for (int t = 0; t < p.n_tokens; ++t) {
        copy_to_f32(attention_own_key<number>(p, t), p.n_embd_head, keys + t * width);
        copy_to_f32(attention_own_value<number>(p, t), p.n_embd_head, values + t * width);
    }
}

void attention_op::run_unit(
    const ggml_tensor * dst, size_t il, int sequence, int head_kv, float * thread_scratch) const {
    const ggml_tensor * q = dst->src[0];
    const ggml_tensor * k = dst->src[1];
    const ggml_tensor * v = dst->src[2];
    const int32_t * offsets = (const int32_t *) dst->src[3]->data;
    const int first = offsets[sequence];
    auto at = [first](
                  const ggml_tensor * t, int head) { return (char *) t->data + first * t->nb[2] + head * t->nb[1]; };

    attention_params p;
    p.q = at(q, head_kv * n_rep);
    p.k = at(k, head_kv);
    p.v = at(v, head_kv);
    p.q_stride = q->nb[2] / q->nb[0];
    p.k_stride = k->nb[2] / k->nb[0];
    p.v_stride = v->nb[2] / v->nb[0];
    p.out_stride = dst->nb[1] / dst->nb[0];
    p.out = (char *) dst->data + first * dst->nb[1] + (size_t) head_kv * n_rep * n_embd_head * dst->nb[0];
    p.n_tokens = offsets[sequence + 1] - first;
    p.n_embd_head = n_embd_head;
    p.n_rep = n_rep;
    p.scale = scale;
    p.causal = causal;
    p.reach = reaches[il];
    p.allow_bf16 = bf16;
    p.stored_bf16 = q->type == GGML_TYPE_BF16;
    const size_t column = (size_t) head_kv * n_embd_head; // of a row of instruction_kv
    if (const instruction_kv * prefix = prefixes[sequence]) {
        p.n_prefix = (int) prefix->n_tokens;
        p.k_prefix = prefix->k(il) + column;
        p.v_prefix = prefix->v(il) + column;
        p.prefix_stride = prefix->width;
    }
    if (!captured.empty()) {
        instruction_kv & kv = *captured[sequence];
        (p.stored_bf16 ? capture<ggml_bf16_t> : capture<float>) (p, kv.k(il) + column, kv.v(il) + column, kv.width);
    }
    attention(p, thread_scratch);
}
