#include "kernels/attention/attention_f32_avx512.h"

#if defined(__AVX512F__)

    #include "kernels/attention/attention_f32_vectors.h"
    #include "kernels/simd/avx512_exp.h"
    #include "kernels/simd/avx512_transpose.h"
    #include "kernels/simd/float_vectors.h"

struct avx512_vectors : floats_512 {
    static const int LANES = 16;
    static const int COLUMNS = 4; // 6 x 4 sums of 32 registers

    static vector zero() { return _mm512_setzero_ps(); }
    static vector load(const float * p) { return _mm512_loadu_ps(p); }
    static void store(float * p, vector v) { _mm512_storeu_ps(p, v); }
    static vector larger(vector a, vector b) { return _mm512_max_ps(a, b); }
    static vector exponential(vector v) { return avx512_exp(v); }
    static float sum(vector v) { return _mm512_reduce_add_ps(v); }
    static float largest(vector v) { return _mm512_reduce_max_ps(v); }

    static __mmask16 first(int n) { return (__mmask16) (0xffff >> (LANES - n)); }

    static vector load_first(const float * p, int n, float others) {
        return _mm512_mask_loadu_ps(_mm512_set1_ps(others), first(n), p);
    }

    static vector keep_first(vector v, int n) { return _mm512_maskz_mov_ps(first(n), v); }

    static void transpose(const vector (&rows)[LANES], float * to, size_t stride) {
        avx512_transpose(rows, to, stride);
    }
};

bool attention_avx512_built() {
    return true;
}

size_t attention_avx512_scratch(int n_keys, int n_embd_head) {
    return vector_attention<avx512_vectors>::scratch(n_keys, n_embd_head);
}

void attention_avx512(const attention_params & p, float * scratch) {
    vector_attention<avx512_vectors>::run(p, scratch);
}

#else

bool attention_avx512_built() {
    return false;
}

size_t attention_avx512_scratch(int, int) {
    return 0;
}

void attention_avx512(const attention_params &, float *) {}

#endif
