// The scale and zero point of 32 activations.
#pragma once

#include "kernels/matmul/matmul_kernels.h"

#include <cmath>
#if !defined(__aarch64__) && !defined(_M_ARM64)
    #include <immintrin.h>
#endif

struct block_fit {
    float steps_per_unit; // 1 / scale
    block_scale block;
};

// The smallest scale, and its zero point, for values from -below to above, both at least 0. Equal bounds, unless 0,
// give the zero point 128 and integers within 127 of it. Without branches: the zero point is unpredictable.
static inline block_fit fit_block_scale(float below, float above) {
#if defined(__aarch64__) || defined(_M_ARM64)
    float finest = INFINITY;
    float steps[3]; // with the zero points 64, 128 and 192
    for (int i = 0; i < 3; ++i) {
        const float per_step_below[] = { 1.0f / 64.0f, 1.0f / 128.0f, 1.0f / 192.0f };
        const float per_step_above[] = { 1.0f / 191.0f, 1.0f / 127.0f, 1.0f / 63.0f };
        steps[i] = fmaxf(below * per_step_below[i], above * per_step_above[i]);
        finest = fminf(finest, steps[i]);
    }
    const int zero = 64 + 64 * (steps[0] != finest) + 64 * ((steps[0] != finest) & (steps[1] != finest));
    const bool enough = finest >= 5.8774718e-39f; // 2^-127; the inverse of less than half of this overflows
    return { enough ? 1.0f / finest : 0.0f, { enough ? finest : 0.0f, zero } };
#else
    // with the zero points 64, 128 and 192
    const __m128 per_step_below = _mm_setr_ps(1.0f / 64.0f, 1.0f / 128.0f, 1.0f / 192.0f, 1.0f / 64.0f);
    const __m128 per_step_above = _mm_setr_ps(1.0f / 191.0f, 1.0f / 127.0f, 1.0f / 63.0f, 1.0f / 191.0f);
    const __m128 steps =
        _mm_max_ps(_mm_mul_ps(_mm_set1_ps(below), per_step_below), _mm_mul_ps(_mm_set1_ps(above), per_step_above));
    __m128 finest = _mm_min_ps(steps, _mm_movehl_ps(steps, steps));
    finest = _mm_min_ss(finest, _mm_movehdup_ps(finest));
    finest = _mm_shuffle_ps(finest, finest, 0);

    const unsigned which = (unsigned) _mm_movemask_ps(_mm_cmpeq_ps(steps, finest)) | 8; // NaN: the last
    const int zero = 64 + 64 * ((which & 1) == 0) + 64 * ((which & 3) == 0);
    const __m128 tiny = _mm_set_ss(5.8774718e-39f); // 2^-127; the inverse of less than half of this overflows
    const __m128 enough = _mm_cmpge_ss(finest, tiny);
    const __m128 inverse = _mm_div_ss(_mm_set_ss(1.0f), finest);
    return { _mm_cvtss_f32(_mm_and_ps(inverse, enough)), { _mm_cvtss_f32(_mm_and_ps(finest, enough)), zero } };
#endif
}
