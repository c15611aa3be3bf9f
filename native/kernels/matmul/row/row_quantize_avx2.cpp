#include "kernels/matmul/row/row_kernels.h"
#include "kernels/matmul/row/row_rotation.h"
#include "kernels/matmul/row/row_scale.h"
#include "kernels/simd/avx2.h"

#include <cmath>

namespace {

// Row sources, 8 values at a time.
struct plain_values {
    const float * x;

    __m256 at(int i) const { return _mm256_loadu_ps(x + i); }
};

struct bf16_values {
    const uint16_t * x;

    __m256 at(int i) const {
        const __m256i words = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *) (x + i)));
        return _mm256_castsi256_ps(_mm256_slli_epi32(words, 16));
    }
};

struct weighted_values {
    const float * x;
    const float * weight;

    __m256 at(int i) const { return _mm256_mul_ps(_mm256_loadu_ps(x + i), _mm256_loadu_ps(weight + i)); }
};

struct normed_values {
    const float * x;
    const float * weight;
    __m256 scale;

    __m256 at(int i) const {
        return _mm256_mul_ps(_mm256_mul_ps(_mm256_loadu_ps(x + i), scale), _mm256_loadu_ps(weight + i));
    }
};

// The rotated values of a row: first the largest magnitude, then the integers.
template <typename values> class rotated_row {
public:
    rotated_row(const values & from, int n) : from(from), n(n) {}

    int32_t largest() {
        __m256i most = _mm256_setzero_si256();
        for (int first = 0, size; first < n; first += size) {
            size = group_size(n - first);
            float * group = group_at(first);
            rotate(first, size, group);
            most = max_magnitude(most, group, size);
        }
        return avx2_max_epi32(most);
    }

    // after largest()
    void put(float steps_per_unit, uint8_t * to) {
        for (int first = 0, size; first < n; first += size) {
            size = group_size(n - first);
            float * group = group_at(first);
            if (n > MOST_KEPT) {
                rotate(first, size, group);
            }
            for (int i = 0; i < size; i += 32) {
                const __m256i bytes = _mm256_xor_si256(to_steps(group + i, steps_per_unit), _mm256_set1_epi8(-128));
                _mm256_storeu_si256((__m256i *) (to + first + i), bytes);
            }
        }
    }

private:
    static const int MOST_KEPT = 2048; // 8 KiB of the L1 cache; longer rows are rotated again

    float * group_at(int first) { return n > MOST_KEPT ? kept : kept + first; }

    void rotate(int first, int size, float * group) const {
        for (int i = 0; i < size; i += 8) {
            _mm256_store_ps(group + i, from.at(first + i));
        }
        rotate_group(group, size);
    }

    const values & from;
    const int n;
    alignas(32) float kept[MOST_KEPT];
};

template <typename values> void quantize(const values & from, const activation_span & row) {
    rotated_row<values> rotated(from, row.n);
    const row_scale s = fit_row_scale(rotated.largest());
    rotated.put(s.steps_per_unit, row.values);
    *row.row_scale = s.scale;
}

float sum_of_squares(const float * x, int n) {
    __m256 sums[2] = { _mm256_setzero_ps(), _mm256_setzero_ps() };
    for (int i = 0; i < n; i += 16) {
        for (int j = 0; j < 2; ++j) {
            const __m256 v = _mm256_loadu_ps(x + i + j * 8);
            sums[j] = _mm256_fmadd_ps(v, v, sums[j]);
        }
    }
    return avx2_sum(_mm256_add_ps(sums[0], sums[1]));
}

double wide_sum_of_squares(const float * x, int n) {
    double sum = 0;
    for (int i = 0; i < n; ++i) {
        sum += (double) x[i] * x[i];
    }
    return sum;
}

// Rounds to the nearest BF16, ties away from zero; NaN stays NaN.
inline __m256i to_bf16(__m256 v) {
    const __m256i half =
        _mm256_and_si256(_mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_ORD_Q)), _mm256_set1_epi32(0x8000));
    return _mm256_srli_epi32(_mm256_add_epi32(_mm256_castps_si256(v), half), 16);
}

} // namespace

void row_quantize_from_f32_avx2(const float * x, const activation_span & row) {
    quantize(plain_values{ x }, row);
}

void row_quantize_from_bf16_avx2(const uint16_t * x, const activation_span & row) {
    quantize(bf16_values{ x }, row);
}

// The factor of the norm cancels in the quotient of a value and the largest, so that only the scale contains it.
void row_quantize_from_rms_norm_avx2(const float * x, const float * weight, float eps, const activation_span & row) {
    const weighted_values weighted = { x, weight };
    rotated_row<weighted_values> rotated(weighted, row.n);
    const int32_t magnitude = rotated.largest();
    const float sum = sum_of_squares(x, row.n);
    const bool in_range = magnitude >= 0x0d800000 && magnitude < 0x71800000 && sum < 1e37f; // 2^-100 and 2^100
    if (!in_range) { // products might overflow or underflow
        const double mean = wide_sum_of_squares(x, row.n) / row.n;
        quantize(normed_values{ x, weight, _mm256_set1_ps((float) (1.0 / sqrt(mean + eps))) }, row);
        return;
    }
    const row_scale s = fit_row_scale(magnitude);
    rotated.put(s.steps_per_unit, row.values);
    *row.row_scale = s.scale * (float) (1.0 / sqrt((double) sum / row.n + eps));
}

void row_swiglu_to_bf16_avx2(const float * gate, const float * up, const activation_span & row) {
    for (int first = 0; first < row.n; first += 32) {
        __m256 v[4];
        for (int i = 0; i < 4; ++i) {
            v[i] = _mm256_sub_ps(_mm256_setzero_ps(), _mm256_loadu_ps(gate + first + i * 8));
        }
        avx2_exp(v);
        __m256i words[4];
        for (int i = 0; i < 4; ++i) {
            const __m256 g = _mm256_loadu_ps(gate + first + i * 8);
            const __m256 silu = _mm256_div_ps(g, _mm256_add_ps(_mm256_set1_ps(1.0f), v[i]));
            words[i] = to_bf16(_mm256_mul_ps(silu, _mm256_loadu_ps(up + first + i * 8)));
        }
        for (int i = 0; i < 4; i += 2) {
            const __m256i both = _mm256_permute4x64_epi64(_mm256_packus_epi32(words[i], words[i + 1]), 0xd8);
            _mm256_storeu_si256((__m256i *) (row.bf16 + first + i * 8), both);
        }
    }
}
