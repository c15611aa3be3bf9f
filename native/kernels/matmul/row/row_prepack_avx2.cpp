#include "kernels/matmul/row/rotated_row.h"
#include "kernels/matmul/row/row_groups_avx2.h"
#include "kernels/matmul/row/row_kernels.h"
#include "kernels/matmul/row/row_panels.h"

#include <cstring>

namespace {

// Quantizes a group; returns the sum of its integers.
int32_t quantize(const weight_row & row, int first, int n, float steps_per_unit, int8_t * to) {
    alignas(32) float group[ROTATED_VALUES];
    rotate_weights<avx2_groups>(row, first, n, group);
    __m256i sums = _mm256_setzero_si256();
    for (int i = 0; i < n; i += 32) {
        const __m256i bytes = avx2_groups::to_steps(group + i, steps_per_unit);
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
void prepack_half(weight_format format, int n_in, const row_panel_half & half) {
    row_panel_step * steps = half.steps;
    if (n_in % STEP_INPUTS != 0) {
        memset((void *) steps[row_panel_steps(n_in) - 1].weight[half.index], 0, sizeof(steps->weight[half.index]));
    }
    for (int output = 0; output < 16; ++output) {
        const weight_row row = { format, half.rows[output] };
        const row_scale scale = fit_weights<avx2_groups>(row, n_in);
        int32_t sum = 0;
        for (int first = 0, n; first < n_in; first += n) {
            n = group_size(n_in - first);
            alignas(32) int8_t weights[ROTATED_VALUES];
            sum += quantize(row, first, n, scale.steps_per_unit, weights);
            for (int i = 0; i < n; i += 4) {
                const int at = first + i;
                memcpy(steps[at / STEP_INPUTS].weight[half.index][at % STEP_INPUTS / 4][output], weights + i, 4);
            }
        }
        half.outputs->offset[half.index * 16 + output] = -128 * sum;
        half.outputs->scale[half.index * 16 + output] = scale.scale;
    }
}

} // namespace

void row_prepack_avx2(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    const size_t row_size = n_in / 32 * ggml_block_size(format);
    each_panel_half(
        row_size, rows, n_in, n_out, panels, [&](const row_panel_half & half) { prepack_half(format, n_in, half); });
}
