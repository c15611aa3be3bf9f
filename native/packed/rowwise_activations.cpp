#include "packed/rowwise_activations.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)

    #include "packed/avx512_bf16.h"
    #include "packed/avx512_magnitude.h"
    #include "packed/avx512_rows.h"
    #include "packed/avx512_silu.h"
    #include "packed/rowwise_scale.h"

// values(take) hands 32 values at a time to take(block, v).
template <typename source> static inline void put(source values, const rowwise_scale & s, const activation_row & row) {
    const __m512 per_value = _mm512_set1_ps(s.per_value);
    const __m512i in_order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7); // packs takes turns, 4 values at a time
    values([&](int b, const __m512(&v)[2]) {
        const __m512i first = _mm512_cvtps_epi32(_mm512_mul_ps(v[0], per_value));
        const __m512i second = _mm512_cvtps_epi32(_mm512_mul_ps(v[1], per_value));
        const __m512i words = _mm512_permutexvar_epi64(in_order, _mm512_packs_epi32(first, second));
        const __m256i bytes = _mm512_cvtsepi16_epi8(words);
        _mm256_storeu_si256((__m256i *) (row.values + b * 32), _mm256_xor_si256(bytes, _mm256_set1_epi8(-128)));
    });
    *row.scale = s.scale;
}

template <typename source> static inline void quantize(source values, const activation_row & row) {
    __m512i most = _mm512_setzero_si512();
    values([&](int, const __m512(&v)[2]) { most = avx512_larger_magnitude(most, v); });
    put(values, rowwise_fit(_mm512_reduce_max_epi32(most)), row);
}

void rowwise_quantize(const float * x, const activation_row & row) {
    quantize([&](auto take) { avx512_each(x, row.n, take); }, row);
}

static void quantize_rms_norm_exactly(const float * x, const float * weight, float eps, const activation_row & row) {
    const __m512 scale = avx512_rms_scale(x, eps, row.n);
    quantize([&](auto take) { avx512_scaled(x, weight, scale, row.n, take); }, row);
}

// What makes the root mean square 1 cancels in the quotient of a value and the largest, so that one pass finds both.
void rowwise_rms_norm_quantize(const float * x, const float * weight, float eps, const activation_row & row) {
    __m512i most = _mm512_setzero_si512();
    __m512 squares[2] = { _mm512_setzero_ps(), _mm512_setzero_ps() };
    const __m512 one = _mm512_set1_ps(1.0f);
    avx512_scaled(x, weight, one, row.n, [&](int b, const __m512(&v)[2]) {
        most = avx512_larger_magnitude(most, v);
        for (int i = 0; i < 2; ++i) {
            const __m512 plain = _mm512_loadu_ps(x + b * 32 + i * 16);
            squares[i] = _mm512_fmadd_ps(plain, plain, squares[i]);
        }
    });
    const int32_t magnitude = _mm512_reduce_max_epi32(most);
    if (magnitude < 0x0d800000 || magnitude >= 0x71800000) { // 2^-100 and 2^100: products might leave F32's range
        quantize_rms_norm_exactly(x, weight, eps, row);
        return;
    }
    const float sum = _mm512_reduce_add_ps(_mm512_add_ps(squares[0], squares[1]));
    if (!(sum < 1e37f)) {
        quantize_rms_norm_exactly(x, weight, eps, row);
        return;
    }
    const rowwise_scale s = rowwise_fit(magnitude);
    put([&](auto take) { avx512_scaled(x, weight, one, row.n, take); }, s, row);
    *row.scale = s.scale * (float) (1.0 / sqrt((double) sum / row.n + eps));
}

void rowwise_swiglu(const float * gate, const float * up, const activation_row & row) {
    for (int i = 0; i < row.n; i += 32) {
        const __m512 v[2] = { avx512_silu_coarse(_mm512_loadu_ps(gate + i), _mm512_loadu_ps(up + i)),
            avx512_silu_coarse(_mm512_loadu_ps(gate + i + 16), _mm512_loadu_ps(up + i + 16)) };
        avx512_store_bf16(row.bf16 + i, v);
    }
}

// The bits of the largest magnitude, in F32; as integers BF16 has the same order.
static int32_t largest_magnitude(const uint16_t * x, int n) {
    const __m512i magnitude = _mm512_set1_epi16(0x7fff);
    __m512i most = _mm512_setzero_si512();
    for (int i = 0; i < n; i += 32) {
        most = _mm512_max_epu16(most, _mm512_and_si512(_mm512_loadu_si512(x + i), magnitude));
    }
    const __m512i odd = _mm512_and_si512(most, _mm512_set1_epi32((int) 0xffff0000));
    return _mm512_reduce_max_epi32(_mm512_max_epi32(odd, _mm512_slli_epi32(most, 16)));
}

void rowwise_finish(const uint16_t * x, const activation_row & row) {
    const rowwise_scale s = rowwise_fit(largest_magnitude(x, row.n));
    put(
        [&](auto take) {
            for (int b = 0; b < row.n / 32; ++b) {
                const __m512i words = _mm512_loadu_si512(x + b * 32);
                take(b,
                    { avx512_from_bf16(_mm512_castsi512_si256(words)),
                        avx512_from_bf16(_mm512_extracti64x4_epi64(words, 1)) });
            }
        },
        s, row);
}

#endif
