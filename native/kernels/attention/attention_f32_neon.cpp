#include "kernels/attention/attention_f32_loops.h"
#include "kernels/attention/attention_f32_vectors.h"
#include "kernels/attention/attention_kernels.h"
#include "kernels/simd/neon.h"
#include "kernels/simd/vectors.h"

namespace {

struct neon_vectors : floats_128 {
    static const int LANES = 4;
    static const int COLUMNS = 4; // 6 x 4 sums in 32 registers

    static vector zero() { return vdupq_n_f32(0.0f); }
    static vector load(const float * p) { return vld1q_f32(p); }
    static void store(float * p, vector v) { vst1q_f32(p, v); }
    static vector max(vector a, vector b) { return vmaxq_f32(a, b); }
    static float sum(vector v) { return vaddvq_f32(v); }
    static float max(vector v) { return vmaxvq_f32(v); }

    static vector exp(vector v) {
        vector one[] = { v };
        neon_exp(one);
        return one[0];
    }

    static uint32x4_t first(int n) {
        const uint32_t lanes[] = { 0, 1, 2, 3 };
        return vcltq_u32(vld1q_u32(lanes), vdupq_n_u32((uint32_t) n));
    }

    static vector load_first(const float * p, int n, float others) {
        return vbslq_f32(first(n), vld1q_f32(p), vdupq_n_f32(others));
    }

    static vector keep_first(vector v, int n) { return vbslq_f32(first(n), v, zero()); }

    static void transpose(const vector (&rows)[LANES], float * to, size_t stride) {
        const float32x4x2_t low = vzipq_f32(rows[0], rows[2]);
        const float32x4x2_t high = vzipq_f32(rows[1], rows[3]);
        for (int i = 0; i < 2; ++i) {
            const float32x4x2_t columns = vzipq_f32(low.val[i], high.val[i]);
            store(to + 2 * i * stride, columns.val[0]);
            store(to + (2 * i + 1) * stride, columns.val[1]);
        }
    }
};

bool whole_vectors(int n_embd_head) {
    return n_embd_head % neon_vectors::LANES == 0;
}

} // namespace

size_t attention_f32_neon_scratch_size(int n_keys, int n_embd_head) {
    return whole_vectors(n_embd_head) ? vector_attention<neon_vectors>::scratch_size(n_keys, n_embd_head)
                                      : loops_scratch_size(n_keys, n_embd_head);
}

void attention_f32_neon(const attention_params & p, float * scratch) {
    if (whole_vectors(p.n_embd_head)) {
        vector_attention<neon_vectors>::run(p, scratch);
    } else {
        attention_loops(p, scratch);
    }
}
