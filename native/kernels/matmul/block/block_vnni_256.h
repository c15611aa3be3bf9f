// The vectors of 256 bits of vnni_product. The instructions exist in two encodings, for CPUs of either kind.
#pragma once

#include <immintrin.h>

namespace {

struct vector_256 {
    static const int lanes = 8;
    static const int tile_rows = 4; // 8 sums of 16 registers; the totals are in the L1 cache

    using ints = __m256i;
    using floats = __m256;

    static inline ints load(const int32_t * p) { return _mm256_load_si256((const __m256i *) p); }
    static inline floats load(const float * p) { return _mm256_load_ps(p); }
    static inline floats load_any(const float * p) { return _mm256_loadu_ps(p); }
    static inline void store_any(float * p, floats v) { _mm256_storeu_ps(p, v); }
    static inline ints broadcast(int32_t v) { return _mm256_set1_epi32(v); }
    static inline floats broadcast(float v) { return _mm256_set1_ps(v); }
    static inline ints dot(ints sum, ints x, ints w) {
#if defined(__AVXVNNI__)
        return _mm256_dpbusd_avx_epi32(sum, x, w);
#else
        return _mm256_dpbusd_epi32(sum, x, w);
#endif
    }
    static inline floats to_floats(ints v) {
        return _mm256_cvtepi32_ps(v);
    }
    static inline floats multiply(floats a, floats b) {
        return _mm256_mul_ps(a, b);
    }
    static inline floats multiply_add(floats a, floats b, floats c) {
        return _mm256_fmadd_ps(a, b, c);
    }
};

} // namespace
