#include "kernels/matmul/row/row_kernels.h"
#include "kernels/matmul/row/row_rotation.h"
#include "kernels/matmul/row/row_scale.h"
#include "kernels/matmul/row_sources_avx512.h"
#include "kernels/simd/avx512.h"

namespace {

// Row sources, 16 values at a time.
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

// take(first vector, v) gets the rotated values.
template <typename values, typename taker> inline void rotated(const values & from, int n, taker take) {
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

// The rotated values of a row, for two passes: the first finds the largest magnitude, the second writes integers.
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

inline __m512i to_steps(__m512 v, __m512 steps_per_unit) {
    return _mm512_cvtps_epi32(_mm512_mul_ps(v, steps_per_unit));
}

inline void put(const __m512 (&v)[2], __m512 steps_per_unit, uint8_t * to) {
    const __m512i in_order =
        _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7); // _mm512_packs_epi32 interleaves lanes of 4 values
    const __m512i words = _mm512_permutexvar_epi64(
        in_order, _mm512_packs_epi32(to_steps(v[0], steps_per_unit), to_steps(v[1], steps_per_unit)));
    _mm256_storeu_si256((__m256i *) to, _mm256_xor_si256(_mm512_cvtsepi16_epi8(words), _mm256_set1_epi8(-128)));
}

template <int n> inline void put(const __m512 (&v)[n], __m512 steps_per_unit, uint8_t * to) {
    const __m512i in_order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    UNROLL
    for (int i = 0; i < n; i += 4) {
        const __m512i first = _mm512_packs_epi32(to_steps(v[i], steps_per_unit), to_steps(v[i + 1], steps_per_unit));
        const __m512i second =
            _mm512_packs_epi32(to_steps(v[i + 2], steps_per_unit), to_steps(v[i + 3], steps_per_unit));
        const __m512i bytes = _mm512_permutexvar_epi32(in_order, _mm512_packs_epi16(first, second));
        _mm512_storeu_si512(to + i * 16, _mm512_xor_si512(bytes, _mm512_set1_epi8(-128)));
    }
}

template <typename values>
inline void put_row(const rotated_row<values> & from, const row_scale & s, const activation_span & row) {
    const __m512 steps_per_unit = _mm512_set1_ps(s.steps_per_unit);
    from.second_pass([&](int first, const auto & v) { put(v, steps_per_unit, row.values + first * 16); });
    *row.row_scale = s.scale;
}

template <typename values> inline void quantize(const values & from, const activation_span & row) {
    rotated_row<values> row_values(from, row.n);
    __m512i most = _mm512_setzero_si512();
    row_values.first_pass([&](int, const auto & v) { most = avx512_max_magnitude(most, v); });
    put_row(row_values, fit_row_scale(_mm512_reduce_max_epi32(most)), row);
}

} // namespace

void row_quantize_from_f32_avx512(const float * x, const activation_span & row) {
    quantize(plain_values{ x }, row);
}

// The factor of the norm cancels in the quotient of a value and the largest, so that one pass finds both the factor and
// the scale.
void row_quantize_from_rms_norm_avx512(const float * x, const float * weight, float eps, const activation_span & row) {
    const weighted_values weighted = { x, weight };
    rotated_row<weighted_values> row_values(weighted, row.n);
    __m512i most = _mm512_setzero_si512();
    __m512 squares[2] = { _mm512_setzero_ps(), _mm512_setzero_ps() };
    row_values.first_pass([&](int first, const auto & v) {
        most = avx512_max_magnitude(most, v);
        UNROLL
        for (int i = 0; i < (int) (sizeof(v) / sizeof(v[0])); ++i) {
            const __m512 plain = _mm512_loadu_ps(x + (first + i) * 16);
            squares[i % 2] = _mm512_fmadd_ps(plain, plain, squares[i % 2]);
        }
    });
    const int32_t magnitude = _mm512_reduce_max_epi32(most);
    const float sum = _mm512_reduce_add_ps(_mm512_add_ps(squares[0], squares[1]));
    const bool in_range = magnitude >= 0x0d800000 && magnitude < 0x71800000 && sum < 1e37f; // 2^-100 and 2^100
    if (!in_range) { // products might overflow or underflow
        quantize(normed_values{ x, weight, avx512_rms_scale(x, eps, row.n) }, row);
        return;
    }
    const row_scale s = fit_row_scale(magnitude);
    put_row(row_values, s, row);
    *row.row_scale = s.scale * (float) (1.0 / sqrt((double) sum / row.n + eps));
}

void row_swiglu_to_bf16_avx512(const float * gate, const float * up, const activation_span & row) {
    for (int i = 0; i < row.n; i += 32) {
        const __m512 v[2] = { avx512_silu_coarse(_mm512_loadu_ps(gate + i), _mm512_loadu_ps(up + i)),
            avx512_silu_coarse(_mm512_loadu_ps(gate + i + 16), _mm512_loadu_ps(up + i + 16)) };
        avx512_store_bf16(row.bf16 + i, v);
    }
}

void row_quantize_from_bf16_avx512(const uint16_t * x, const activation_span & row) {
    quantize(bf16_values{ x }, row);
}
