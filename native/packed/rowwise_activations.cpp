#include "packed/rowwise_activations.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)

    #include "packed/avx512_magnitude.h"
    #include "packed/avx512_rows.h"
    #include "packed/rowwise_scale.h"

// values(take) hands 32 values at a time to take(block, v), twice.
template <typename source> static inline void quantize(source values, const activation_row & row) {
    __m512i most = _mm512_setzero_si512();
    values([&](int, const __m512(&v)[2]) { most = avx512_larger_magnitude(most, v); });
    const rowwise_scale s = rowwise_fit(_mm512_reduce_max_epi32(most));
    const __m512 per_value = _mm512_set1_ps(s.per_value);
    values([&](int b, const __m512(&v)[2]) {
        for (int i = 0; i < 2; ++i) {
            const __m128i bytes = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(v[i], per_value)));
            _mm_storeu_si128((__m128i *) (row.values + b * 32 + i * 16), _mm_xor_si128(bytes, _mm_set1_epi8(-128)));
        }
    });
    *row.scale = s.scale;
}

void rowwise_quantize(const float * x, const activation_row & row) {
    quantize([&](auto take) { avx512_each(x, row.n, take); }, row);
}

void rowwise_rms_norm_quantize(const float * x, const float * weight, float eps, const activation_row & row) {
    const __m512 scale = avx512_rms_scale(x, eps, row.n);
    quantize([&](auto take) { avx512_scaled(x, weight, scale, row.n, take); }, row);
}

// To the nearest, ties away from zero; what is no number stays so.
static inline __m512i bf16_in_upper_half(__m512 v) {
    const __m512i bits = _mm512_castps_si512(v);
    return _mm512_mask_add_epi32(bits, _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q), bits, _mm512_set1_epi32(0x8000));
}

static __m512i odd_words() {
    alignas(64) uint16_t words[32];
    for (int i = 0; i < 32; ++i) {
        words[i] = (uint16_t) (2 * i + 1);
    }
    return _mm512_load_si512(words);
}

void rowwise_swiglu(const float * gate, const float * up, const activation_row & row) {
    const __m512i upper_halves = odd_words();
    avx512_swiglu(gate, up, row.n, [&](int b, const __m512(&v)[2]) {
        const __m512i rounded =
            _mm512_permutex2var_epi16(bf16_in_upper_half(v[0]), upper_halves, bf16_in_upper_half(v[1]));
        _mm512_storeu_si512((void *) (row.bf16 + b * 32), rounded);
    });
}

static inline __m512 from_bf16(__m256i words) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16));
}

void rowwise_finish(const uint16_t * x, const activation_row & row) {
    quantize(
        [&](auto take) {
            for (int b = 0; b < row.n / 32; ++b) {
                const __m512i words = _mm512_loadu_si512(x + b * 32);
                take(b, { from_bf16(_mm512_castsi512_si256(words)), from_bf16(_mm512_extracti64x4_epi64(words, 1)) });
            }
        },
        row);
}

#endif
