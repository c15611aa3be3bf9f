#include "graph/operations/rotary_op.h"

#include <algorithm>
#include <cmath>

rotary_op::rotary_op(const model_weights & model, float freq_base)
    : pairs(model.rotates_halves() ? rotary_pairs::halves : rotary_pairs::neighbours),
      frequencies(model.format.n_embd_head / 2) {
    const ggml_tensor * factors = model.layers.front().rope_freqs;
    const double n = 2.0 * (double) frequencies.size();
    for (size_t i = 0; i < frequencies.size(); ++i) {
        const double factor = factors ? ((const float *) factors->data)[i] : 1.0;
        frequencies[i] = model.rope_freq_scale * std::pow((double) freq_base, -2.0 * (double) i / n) / factor;
    }
}

ggml_tensor * rotary_op::build(ggml_context * ctx, ggml_tensor * x, ggml_tensor * positions) {
    return ggml_custom_inplace(ctx, x, &positions, 1, run, GGML_N_TASKS_MAX, this);
}

void rotary_op::prepare(const std::vector<int32_t> & positions) {
    const size_t n_wanted = (size_t) *std::max_element(positions.begin(), positions.end()) + 1;
    const size_t n_half = frequencies.size();
    const size_t n_known = cosines.size() / n_half;
    if (n_wanted <= n_known) {
        return;
    }
    cosines.resize(n_wanted * n_half);
    sines.resize(n_wanted * n_half);
    for (size_t position = n_known; position < n_wanted; ++position) {
        for (size_t i = 0; i < n_half; ++i) {
            const double angle = (double) position * frequencies[i];
            cosines[position * n_half + i] = (float) std::cos(angle);
            sines[position * n_half + i] = (float) std::sin(angle);
        }
    }
}

rotary_angles rotary_op::angles(const int32_t * positions) const {
    return { positions, cosines.data(), sines.data(), (int) (2 * frequencies.size()) };
}

void rotary_op::run(ggml_tensor * dst, int ith, int nth, void * user_data) {
    const rotary_op & op = *(const rotary_op *) user_data;
    const int32_t * positions = (const int32_t *) dst->src[1]->data;
    const int64_t n_half = dst->ne[0] / 2;
    const int64_t n_tokens = dst->ne[2];
    for (int64_t token = n_tokens * ith / nth; token < n_tokens * (ith + 1) / nth; ++token) {
        const size_t at = (size_t) (positions[token] * n_half);
        rotary_params p;
        p.heads = (float *) ((char *) dst->data + token * dst->nb[2]);
        p.stride = dst->nb[1] / dst->nb[0];
        p.n_heads = (int) dst->ne[1];
        p.n_pairs = (int) n_half;
        p.cosines = op.cosines.data() + at;
        p.sines = op.sines.data() + at;
        p.pairs = op.pairs;
        rotary(p);
    }
}
