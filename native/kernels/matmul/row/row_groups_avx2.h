// What rotated_row.h needs of AVX2.
#pragma once

#include "kernels/simd/avx2.h"
#include "kernels/simd/vectors.h"

namespace {

struct avx2_groups : floats_256 {
    using ints = __m256i;

    static const int STEPS = 32; // values that to_steps() takes

    static vector load(const float * p) { return _mm256_loadu_ps(p); }

    static vector load_bf16(const uint16_t * p) {
        const __m256i words = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *) p));
        return _mm256_castsi256_ps(_mm256_slli_epi32(words, 16));
    }

    static vector load_int8(const int8_t * p) {
        return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *) p)));
    }

    static ints zero_ints() { return _mm256_setzero_si256(); }
    static int32_t largest(ints v) { return avx2_max_epi32(v); }

    // The largest magnitude so far, as the bits of F32.
    static ints max_magnitude(ints most, vector v) {
        return _mm256_max_epi32(most, _mm256_and_si256(_mm256_castps_si256(v), _mm256_set1_epi32(0x7fffffff)));
    }

    // Integers from -127 to 127.
    static ints to_steps(const float * values, float steps_per_unit) {
        __m256i v[4];
        for (int i = 0; i < 4; ++i) {
            v[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_load_ps(values + i * 8), _mm256_set1_ps(steps_per_unit)));
        }
        const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(v[0], v[1]), _mm256_packs_epi32(v[2], v[3]));
        return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    }

    // With a zero point of 128.
    static void store_unsigned(uint8_t * to, ints steps) {
        _mm256_storeu_si256((__m256i *) to, _mm256_xor_si256(steps, _mm256_set1_epi8(-128)));
    }

    static float sum_of_squares(const float * x, int n) {
        __m256 sums[2] = { _mm256_setzero_ps(), _mm256_setzero_ps() };
        for (int i = 0; i < n; i += 16) {
            for (int j = 0; j < 2; ++j) {
                const __m256 v = _mm256_loadu_ps(x + i + j * 8);
                sums[j] = _mm256_fmadd_ps(v, v, sums[j]);
            }
        }
        return avx2_sum(_mm256_add_ps(sums[0], sums[1]));
    }
};

} // namespace
