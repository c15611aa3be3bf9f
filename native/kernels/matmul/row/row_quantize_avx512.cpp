#include "kernels/matmul/row/row_quantize.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)

    #include "kernels/matmul/row/row_rotation.h"
    #include "kernels/matmul/row/row_scale.h"
    #include "kernels/matmul/row_sources_avx512.h"
    #include "kernels/simd/avx512_bf16.h"
    #include "kernels/simd/avx512_magnitude.h"
    #include "kernels/simd/avx512_silu.h"

// Where a row's values come from, 16 at a time.
struct plain_values {
    const float * x;

    __m512 at(int vector) const { return _mm512_loadu_ps(x + vector * 16); }
};

struct bf16_values {
    const uint16_t * x;

    __m512 at(int vector) const { return avx512_from_bf16(_mm256_loadu_si256((const __m256i *) (x + vector * 16))); }
};

struct weighted_values {
    const float * x;
    const float * weight;

    __m512 at(int vector) const {
        return _mm512_mul_ps(_mm512_loadu_ps(x + vector * 16), _mm512_loadu_ps(weight + vector * 16));
    }
};

struct normed_values {
    const float * x;
    const float * weight;
    __m512 scale;

    __m512 at(int vector) const {
        return _mm512_mul_ps(
            _mm512_mul_ps(_mm512_loadu_ps(x + vector * 16), scale), _mm512_loadu_ps(weight + vector * 16));
    }
};

// take(first vector, v) gets the values rotated.
template <typename values, typename taker> static inline void rotated(const values & from, int n, taker take) {
    each_rotated(
        0, n / 16,
        [&](int first, auto & v) {
            UNROLL
            for (int i = 0; i < (int) (sizeof(v) / sizeof(v[0])); ++i) {
                v[i] = from.at(first + i);
            }
        },
        take);
}

// A row's values, rotated, for its two passes: the first finds the largest, the second writes the steps.
template <typename values> class rotated_row {
public:
    rotated_row(const values & from, int n) : from(from), n(n) {}

    template <typename taker> void first_pass(taker take) {
        rotated(from, n, [&](int first, const auto & v) {
            if (n <= MOST_KEPT) {
                keep(first, v);
            }
            take(first, v);
        });
    }

    template <typename taker> void second_pass(taker take) const {
        if (n > MOST_KEPT) {
            rotated(from, n, take);
            return;
        }
        int first = 0;
        for (; n / 16 - first >= 4; first += 4) {
            const __m512 v[4] = { kept_at(first), kept_at(first + 1), kept_at(first + 2), kept_at(first + 3) };
            take(first, v);
        }
        if (first < n / 16) {
            const __m512 v[2] = { kept_at(first), kept_at(first + 1) };
            take(first, v);
        }
    }

private:
    static const int MOST_KEPT = 2048; // 8 KiB of the L1 cache; longer rows are rotated again

    template <size_t n_vectors> void keep(int first, const __m512 (&v)[n_vectors]) {
        UNROLL
        for (size_t i = 0; i < n_vectors; ++i) {
            _mm512_store_ps(kept + (first + i) * 16, v[i]);
        }
    }

    __m512 kept_at(int vector) const { return _mm512_load_ps(kept + vector * 16); }

    const values & from;
    const int n;
    alignas(64) float kept[MOST_KEPT];
};

static inline __m512i in_steps(__m512 v, __m512 per_value) {
    return _mm512_cvtps_epi32(_mm512_mul_ps(v, per_value));
}

static inline void put(const __m512 (&v)[2], __m512 per_value, uint8_t * to) {
    const __m512i in_order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7); // packs takes turns, 4 values at a time
    const __m512i words =
        _mm512_permutexvar_epi64(in_order, _mm512_packs_epi32(in_steps(v[0], per_value), in_steps(v[1], per_value)));
    _mm256_storeu_si256((__m256i *) to, _mm256_xor_si256(_mm512_cvtsepi16_epi8(words), _mm256_set1_epi8(-128)));
}

template <int n> static inline void put(const __m512 (&v)[n], __m512 per_value, uint8_t * to) {
    const __m512i in_order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    UNROLL
    for (int i = 0; i < n; i += 4) {
        const __m512i first = _mm512_packs_epi32(in_steps(v[i], per_value), in_steps(v[i + 1], per_value));
        const __m512i second = _mm512_packs_epi32(in_steps(v[i + 2], per_value), in_steps(v[i + 3], per_value));
        const __m512i bytes = _mm512_permutexvar_epi32(in_order, _mm512_packs_epi16(first, second));
        _mm512_storeu_si512(to + i * 16, _mm512_xor_si512(bytes, _mm512_set1_epi8(-128)));
    }
}

template <typename values>
static inline void put_row(const rotated_row<values> & from, const rowwise_scale & s, const activation_row & row) {
    const __m512 per_value = _mm512_set1_ps(s.per_value);
    from.second_pass([&](int first, const auto & v) { put(v, per_value, row.values + first * 16); });
    *row.scale = s.scale;
}

template <typename values> static inline void quantize(const values & from, const activation_row & row) {
    rotated_row<values> values_of_row(from, row.n);
    __m512i most = _mm512_setzero_si512();
    values_of_row.first_pass([&](int, const auto & v) { most = avx512_larger_magnitude(most, v); });
    put_row(values_of_row, rowwise_fit(_mm512_reduce_max_epi32(most)), row);
}

void rowwise_quantize(const float * x, const activation_row & row) {
    quantize(plain_values{ x }, row);
}

// What makes the root mean square 1 cancels in the quotient of a value and the largest, so that one pass finds both.
void rowwise_rms_norm_quantize(const float * x, const float * weight, float eps, const activation_row & row) {
    const weighted_values weighted = { x, weight };
    rotated_row<weighted_values> values_of_row(weighted, row.n);
    __m512i most = _mm512_setzero_si512();
    __m512 squares[2] = { _mm512_setzero_ps(), _mm512_setzero_ps() };
    values_of_row.first_pass([&](int first, const auto & v) {
        most = avx512_larger_magnitude(most, v);
        UNROLL
        for (int i = 0; i < (int) (sizeof(v) / sizeof(v[0])); ++i) {
            const __m512 plain = _mm512_loadu_ps(x + (first + i) * 16);
            squares[i % 2] = _mm512_fmadd_ps(plain, plain, squares[i % 2]);
        }
    });
    const int32_t magnitude = _mm512_reduce_max_epi32(most);
    const float sum = _mm512_reduce_add_ps(_mm512_add_ps(squares[0], squares[1]));
    const bool in_range = magnitude >= 0x0d800000 && magnitude < 0x71800000 && sum < 1e37f; // 2^-100 and 2^100
    if (!in_range) { // products might leave F32's range
        quantize(normed_values{ x, weight, avx512_rms_scale(x, eps, row.n) }, row);
        return;
    }
    const rowwise_scale s = rowwise_fit(magnitude);
    put_row(values_of_row, s, row);
    *row.scale = s.scale * (float) (1.0 / sqrt((double) sum / row.n + eps));
}

void rowwise_swiglu(const float * gate, const float * up, const activation_row & row) {
    for (int i = 0; i < row.n; i += 32) {
        const __m512 v[2] = { avx512_silu_coarse(_mm512_loadu_ps(gate + i), _mm512_loadu_ps(up + i)),
            avx512_silu_coarse(_mm512_loadu_ps(gate + i + 16), _mm512_loadu_ps(up + i + 16)) };
        avx512_store_bf16(row.bf16 + i, v);
    }
}

void rowwise_quantize_bf16(const uint16_t * x, const activation_row & row) {
    quantize(bf16_values{ x }, row);
}

#endif
