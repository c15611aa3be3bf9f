#include "kernels/attention/attention_f32_loops.h"
#include "kernels/attention/attention_f32_vectors.h"
#include "kernels/attention/attention_kernels.h"
#include "kernels/simd/avx2.h"
#include "kernels/simd/vectors.h"

namespace {

struct avx2_vectors : floats_256 {
    static const int LANES = 8;
    static const int COLUMNS = 2; // 6 x 2 sums in 16 registers

    static vector zero() { return _mm256_setzero_ps(); }
    static vector load(const float * p) { return _mm256_loadu_ps(p); }
    static void store(float * p, vector v) { _mm256_storeu_ps(p, v); }
    static vector max(vector a, vector b) { return _mm256_max_ps(a, b); }
    static float sum(vector v) { return avx2_sum(v); }
    static float max(vector v) { return avx2_max(v); }

    static vector exp(vector v) {
        vector one[] = { v };
        avx2_exp(one);
        return one[0];
    }

    static vector first(int n) {
        const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(n), lanes));
    }

    static vector load_first(const float * p, int n, float others) {
        return _mm256_blendv_ps(_mm256_set1_ps(others), _mm256_loadu_ps(p), first(n));
    }

    static vector keep_first(vector v, int n) { return _mm256_and_ps(v, first(n)); }

    static void transpose(const vector (&rows)[LANES], float * to, size_t stride) { avx2_transpose(rows, to, stride); }
};

bool whole_vectors(int n_embd_head) {
    return n_embd_head % avx2_vectors::LANES == 0;
}

} // namespace

size_t attention_f32_avx2_scratch_size(int n_keys, int n_embd_head) {
    return whole_vectors(n_embd_head) ? vector_attention<avx2_vectors>::scratch_size(n_keys, n_embd_head)
                                      : loops_scratch_size(n_keys, n_embd_head);
}

void attention_f32_avx2(const attention_params & p, float * scratch) {
    if (whole_vectors(p.n_embd_head)) {
        vector_attention<avx2_vectors>::run(p, scratch);
    } else {
        attention_loops(p, scratch);
    }
}
