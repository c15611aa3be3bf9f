#include "kernels/matmul/row/row_avx2.h"

#if defined(__AVX2__) && defined(__FMA__)

    #include "kernels/matmul/block/block_decode.h"
    #include "kernels/matmul/row/row_panels.h"
    #include "kernels/matmul/row/row_rotation_avx2.h"
    #include "kernels/matmul/row/row_scale.h"

    #include <cstring>

namespace {

// Weights of one output, rotated.
struct source_row {
    weight_format format;
    const uint8_t * blocks; // of 32, NULL: zeros

    // The group of n values from `first` on.
    void group(int first, int n, float * values) const {
        for (int i = 0; i < n; i += 32) {
            alignas(16) int8_t weights[32] = {};
            const float scale = blocks
                ? decode_source_block(format, blocks + (first + i) / 32 * source_block_size(format), weights)
                : 0.0f;
            for (int j = 0; j < 32; j += 8) {
                const __m256i wide = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *) (weights + j)));
                _mm256_store_ps(values + i + j, _mm256_mul_ps(_mm256_cvtepi32_ps(wide), _mm256_set1_ps(scale)));
            }
        }
        rotate_group(values, n);
    }
};

rowwise_scale fit(const source_row & row, int n_in) {
    alignas(32) float group[ROTATED_VALUES];
    __m256i most = _mm256_setzero_si256();
    for (int first = 0, n; first < n_in; first += n) {
        n = group_size(n_in - first);
        row.group(first, n, group);
        most = larger_magnitude(most, group, n);
    }
    return rowwise_fit(largest_of(most));
}

// Quantizes a group. Returns the sum of its steps.
int32_t quantize(const source_row & row, int first, int n, float per_value, int8_t * to) {
    alignas(32) float group[ROTATED_VALUES];
    row.group(first, n, group);
    __m256i sums = _mm256_setzero_si256();
    for (int i = 0; i < n; i += 32) {
        const __m256i bytes = in_steps(group + i, per_value);
        _mm256_store_si256((__m256i *) (to + i), bytes);
        const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes);
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    int32_t all[8];
    _mm256_storeu_si256((__m256i *) all, sums);
    int32_t sum = 0;
    for (const int32_t some : all) {
        sum += some;
    }
    return sum;
}

// One half of a panel.
void pack_half(weight_format format, int n_in, const rowwise_half & half) {
    rowwise_step * steps = half.steps;
    if (n_in % ROWWISE_INPUTS != 0) {
        memset((void *) steps[rowwise_steps(n_in) - 1].weight[half.index], 0, sizeof(steps->weight[half.index]));
    }
    for (int output = 0; output < 16; ++output) {
        const source_row row = { format, half.rows[output] };
        const rowwise_scale scale = fit(row, n_in);
        int32_t sum = 0;
        for (int first = 0, n; first < n_in; first += n) {
            n = group_size(n_in - first);
            alignas(32) int8_t weights[ROTATED_VALUES];
            sum += quantize(row, first, n, scale.per_value, weights);
            for (int i = 0; i < n; i += 4) {
                const int at = first + i;
                memcpy(steps[at / ROWWISE_INPUTS].weight[half.index][at % ROWWISE_INPUTS / 4][output], weights + i, 4);
            }
        }
        half.outputs->start[half.index * 16 + output] = -128 * sum;
        half.outputs->scale[half.index * 16 + output] = scale.scale;
    }
}

} // namespace

void rowwise_avx2_pack(weight_format format, const void * rows, int n_in, int n_out, void * packed) {
    const size_t row_size = n_in / 32 * source_block_size(format);
    rowwise_each_half(
        row_size, rows, n_in, n_out, packed, [&](const rowwise_half & half) { pack_half(format, n_in, half); });
}

#endif
