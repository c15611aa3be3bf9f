#pragma once

#include "kernels/matmul/ggml_blocks.h"
#include "kernels/simd/avx512.h"

#include <cstring>

// The 32 weights of a block in F32.
static inline void ggml_block_decode_avx512(weight_format format, const uint8_t * block, __m512 (&v)[2]) {
    uint16_t half;
    memcpy(&half, block, sizeof(half));
    const __m512 scale =
        _mm512_broadcastss_ps(_mm512_castps512_ps128(_mm512_cvtph_ps(_mm256_castsi128_si256(_mm_cvtsi32_si128(half)))));
    block += sizeof(half);
    __m256i weights;
    if (format == weight_format::q8_0) {
        weights = _mm256_loadu_si256((const __m256i *) block);
    } else {
        uint32_t fifth_bits = 0;
        if (format == weight_format::q5_0) {
            memcpy(&fifth_bits, block, sizeof(fifth_bits));
            block += sizeof(fifth_bits);
        }
        const __m128i pairs = _mm_loadu_si128((const __m128i *) block);
        weights = _mm256_inserti128_si256(_mm256_castsi128_si256(pairs), _mm_srli_epi16(pairs, 4), 1);
        weights = _mm256_and_si256(weights, _mm256_set1_epi8(15));
        weights = _mm256_mask_add_epi8(weights, fifth_bits, weights, _mm256_set1_epi8(16));
        weights = _mm256_sub_epi8(weights, _mm256_set1_epi8(format == weight_format::q5_0 ? 16 : 8));
    }
    v[0] = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_castsi256_si128(weights))), scale);
    v[1] = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_extracti128_si256(weights, 1))), scale);
}
