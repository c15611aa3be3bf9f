#include "graph/attention_op.h"

#include "kernels/attention/attention.h"

#include <algorithm>
#include <cmath>
#include <new>

static const std::align_val_t ALIGNMENT{ 64 };

void packed_attention::free_aligned::operator()(float * p) const {
    ::operator delete(p, ALIGNMENT);
}

packed_attention::packed_attention(
    size_t n_layer, int n_threads, int n_embd_head, int n_head, int n_head_kv, bool causal, bool bf16)
    : n_embd_head(n_embd_head), n_head_kv(n_head_kv), n_rep(n_head / n_head_kv),
      scale(1.0f / std::sqrt((float) n_embd_head)), causal(causal), bf16(bf16), layers(n_layer), scratch(n_threads) {
    for (size_t il = 0; il < n_layer; ++il) {
        layers[il].op = this;
        layers[il].il = il;
    }
}

ggml_tensor * packed_attention::build(
    ggml_context * ctx, size_t il, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * offsets) {
    ggml_tensor * args[] = { q, k, v, offsets };
    return ggml_custom_4d(
        ctx, q->type, q->ne[0] * q->ne[1], q->ne[2], 1, 1, args, 4, run, GGML_N_TASKS_MAX, &layers[il]);
}

void packed_attention::prepare(const std::vector<int32_t> & offsets, std::vector<const instruction_keys *> before,
    std::vector<instruction_keys *> kept) {
    int longest = 0;
    for (size_t s = 0; s + 1 < offsets.size(); ++s) {
        const int n_prefix = before[s] ? (int) before[s]->n_tokens : 0;
        longest = std::max(longest, n_prefix + offsets[s + 1] - offsets[s]);
    }
    this->before = std::move(before);
    this->kept = std::move(kept);
    const size_t needed = attention_scratch_size(longest, n_embd_head);
    if (needed > scratch_size) {
        scratch_size = 0;
        for (auto & buffer : scratch) {
            buffer.reset();
            buffer.reset((float *) ::operator new(needed * sizeof(float), ALIGNMENT));
        }
        scratch_size = needed;
    }
    for (layer_state & layer : layers) {
        layer.next = 0;
    }
}

void packed_attention::run(ggml_tensor * dst, int ith, int, void * user_data) {
    layer_state & layer = *(layer_state *) user_data;
    const packed_attention & op = *layer.op;
    const ggml_tensor * q = dst->src[0];
    const ggml_tensor * k = dst->src[1];
    const ggml_tensor * v = dst->src[2];
    const int32_t * offsets = (const int32_t *) dst->src[3]->data;
    const int n_units = (int) (dst->src[3]->ne[0] - 1) * op.n_head_kv;

    auto at = [](const ggml_tensor * t, int token, int head) {
        return (char *) t->data + token * t->nb[2] + head * t->nb[1];
    };
    for (int unit = layer.next++; unit < n_units; unit = layer.next++) {
        const int sequence = unit / op.n_head_kv;
        const int head_kv = unit % op.n_head_kv;
        const int first = offsets[sequence];

        attention_params p;
        p.q = at(q, first, head_kv * op.n_rep);
        p.k = at(k, first, head_kv);
        p.v = at(v, first, head_kv);
        p.q_stride = q->nb[2] / q->nb[0];
        p.k_stride = k->nb[2] / k->nb[0];
        p.v_stride = v->nb[2] / v->nb[0];
        p.out_stride = dst->nb[1] / dst->nb[0];
        p.out = (char *) dst->data + first * dst->nb[1] + (size_t) head_kv * op.n_rep * op.n_embd_head * dst->nb[0];
        p.n_tokens = offsets[sequence + 1] - first;
        p.n_embd_head = op.n_embd_head;
        p.n_rep = op.n_rep;
        p.scale = op.scale;
        p.causal = op.causal;
        p.allow_bf16 = op.bf16;
        p.stored_bf16 = q->type == GGML_TYPE_BF16;
        const size_t part = (size_t) head_kv * op.n_embd_head; // of a row of instruction_keys
        if (const instruction_keys * before = op.before[sequence]) {
            p.n_prefix = (int) before->n_tokens;
            p.k_prefix = before->k(layer.il) + part;
            p.v_prefix = before->v(layer.il) + part;
            p.prefix_stride = before->width;
        }
        if (!op.kept.empty()) {
            instruction_keys & keys = *op.kept[sequence];
            for (int t = 0; t < p.n_tokens; ++t) {
                float * own_keys = keys.k(layer.il) + t * keys.width + part;
                float * own_values = keys.v(layer.il) + t * keys.width + part;
                if (p.stored_bf16) {
                    const auto * from_keys = attention_own_key<ggml_bf16_t>(p, t);
                    const auto * from_values = attention_own_value<ggml_bf16_t>(p, t);
                    std::transform(from_keys, from_keys + op.n_embd_head, own_keys, ggml_bf16_to_fp32);
                    std::transform(from_values, from_values + op.n_embd_head, own_values, ggml_bf16_to_fp32);
                } else {
                    std::copy_n(attention_own_key(p, t), op.n_embd_head, own_keys);
                    std::copy_n(attention_own_value(p, t), op.n_embd_head, own_values);
                }
            }
        }
        attention(p, op.scratch[ith].get());
    }
}
