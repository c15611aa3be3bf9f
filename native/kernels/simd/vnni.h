// vpdpbusd, four 8-bit products a lane, as vectors of 32-bit sums, for templates over the width. 256 bits exist in two
// encodings: AVX-VNNI's and AVX-512's.
#pragma once

#if !defined(__AVXVNNI__) && !(defined(__AVX512VNNI__) && defined(__AVX512VL__))
    #error "needs AVX-VNNI or AVX-512 VNNI: see cmake/kernels.cmake"
#endif

#include <cstdint>
#include <immintrin.h>

namespace {

struct vnni_256 {
    static const int lanes = 8;
    static const int tile_rows = 4; // 8 sums in 16 registers; the totals are in the L1 cache

    using ints = __m256i;
    using floats = __m256;

    static ints load(const int32_t * p) { return _mm256_load_si256((const __m256i *) p); } // aligned
    static floats load(const float * p) { return _mm256_load_ps(p); }
    static floats load_unaligned(const float * p) { return _mm256_loadu_ps(p); }
    static void store_unaligned(float * p, floats v) { _mm256_storeu_ps(p, v); }
    static ints broadcast(int32_t v) { return _mm256_set1_epi32(v); }
    static floats broadcast(float v) { return _mm256_set1_ps(v); }
    static floats to_floats(ints v) { return _mm256_cvtepi32_ps(v); }
    static floats multiply(floats a, floats b) { return _mm256_mul_ps(a, b); }
    static floats multiply_add(floats a, floats b, floats c) { return _mm256_fmadd_ps(a, b, c); }

    // sum + 4 products of u8 x and s8 w in each lane
    static ints dot(ints sum, ints x, ints w) {
#if defined(__AVXVNNI__)
        return _mm256_dpbusd_avx_epi32(sum, x, w);
#else
        return _mm256_dpbusd_epi32(sum, x, w);
#endif
    }
};

#if defined(__AVX512VNNI__)
struct vnni_512 {
    static const int lanes = 16;
    static const int tile_rows = 6; // 12 sums and 12 totals in 32 registers

    using ints = __m512i;
    using floats = __m512;

    static ints load(const int32_t * p) { return _mm512_load_si512(p); }
    static floats load(const float * p) { return _mm512_load_ps(p); }
    static floats load_unaligned(const float * p) { return _mm512_loadu_ps(p); }
    static void store_unaligned(float * p, floats v) { _mm512_storeu_ps(p, v); }
    static ints broadcast(int32_t v) { return _mm512_set1_epi32(v); }
    static floats broadcast(float v) { return _mm512_set1_ps(v); }
    static floats to_floats(ints v) { return _mm512_cvtepi32_ps(v); }
    static floats multiply(floats a, floats b) { return _mm512_mul_ps(a, b); }
    static floats multiply_add(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
    static ints dot(ints sum, ints x, ints w) { return _mm512_dpbusd_epi32(sum, x, w); }
};
#endif

} // namespace
