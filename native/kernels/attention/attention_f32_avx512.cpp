#include "kernels/attention/attention_f32_vectors.h"
#include "kernels/attention/attention_kernels.h"
#include "kernels/simd/avx512.h"
#include "kernels/simd/vectors.h"

namespace {

struct avx512_vectors : floats_512 {
    static const int LANES = 16;
    static const int COLUMNS = 4; // 6 x 4 sums in 32 registers

    static vector zero() { return _mm512_setzero_ps(); }
    static vector load(const float * p) { return _mm512_loadu_ps(p); }
    static void store(float * p, vector v) { _mm512_storeu_ps(p, v); }
    static vector max(vector a, vector b) { return _mm512_max_ps(a, b); }
    static vector exp(vector v) { return avx512_exp(v); }
    static float sum(vector v) { return _mm512_reduce_add_ps(v); }
    static float max(vector v) { return _mm512_reduce_max_ps(v); }

    static __mmask16 first(int n) { return (__mmask16) (0xffff >> (LANES - n)); }

    static vector load_first(const float * p, int n, float others) {
        return _mm512_mask_loadu_ps(_mm512_set1_ps(others), first(n), p);
    }

    static vector keep_first(vector v, int n) { return _mm512_maskz_mov_ps(first(n), v); }

    static void transpose(const vector (&rows)[LANES], float * to, size_t stride) {
        avx512_transpose(rows, to, stride);
    }
};

} // namespace

size_t attention_f32_avx512_scratch_size(int n_keys, int n_embd_head) {
    return vector_attention<avx512_vectors>::scratch_size(n_keys, n_embd_head);
}

void attention_f32_avx512(const attention_params & p, float * scratch) {
    vector_attention<avx512_vectors>::run(p, scratch);
}
