#include "kernels/rotary/rotary_kernels.h"
#include "kernels/simd/avx2.h"

// Each of four values twice.
static __m256 twice(__m128 v) {
    return _mm256_set_m128(_mm_unpackhi_ps(v, v), _mm_unpacklo_ps(v, v));
}

static void rotate_halves(const rotary_params & p) {
    int i = 0;
    for (; i + 8 <= p.n_pairs; i += 8) {
        const __m256 cosines = _mm256_loadu_ps(p.cosines + i);
        const __m256 sines = _mm256_loadu_ps(p.sines + i);
        float * x = p.heads + i;
        for (int head = 0; head < p.n_heads; ++head, x += p.stride) {
            const __m256 a = _mm256_loadu_ps(x);
            const __m256 b = _mm256_loadu_ps(x + p.n_pairs);
            _mm256_storeu_ps(x, _mm256_fmsub_ps(a, cosines, _mm256_mul_ps(b, sines)));
            _mm256_storeu_ps(x + p.n_pairs, _mm256_fmadd_ps(b, cosines, _mm256_mul_ps(a, sines)));
        }
    }
    for (; i < p.n_pairs; ++i) {
        for (int head = 0; head < p.n_heads; ++head) {
            float * x = p.heads + head * p.stride + i;
            const float a = x[0];
            const float b = x[p.n_pairs];
            x[0] = a * p.cosines[i] - b * p.sines[i];
            x[p.n_pairs] = a * p.sines[i] + b * p.cosines[i];
        }
    }
}

void rotary_avx2(const rotary_params & p) {
    if (p.pairs == rotary_pairs::halves) {
        rotate_halves(p);
        return;
    }
    int i = 0;
    for (; i + 4 <= p.n_pairs; i += 4) {
        const __m256 cosines = twice(_mm_loadu_ps(p.cosines + i));
        const __m256 sines = twice(_mm_loadu_ps(p.sines + i));
        float * x = p.heads + 2 * i;
        for (int head = 0; head < p.n_heads; ++head, x += p.stride) {
            const __m256 v = _mm256_loadu_ps(x);
            const __m256 swapped = _mm256_permute_ps(v, 0xb1);
            // (a, b) -> (a cos - b sin, b cos + a sin)
            _mm256_storeu_ps(x, _mm256_fmaddsub_ps(v, cosines, _mm256_mul_ps(swapped, sines)));
        }
    }
    for (; i < p.n_pairs; ++i) {
        for (int head = 0; head < p.n_heads; ++head) {
            float * x = p.heads + head * p.stride + 2 * i;
            const float a = x[0];
            const float b = x[1];
            x[0] = a * p.cosines[i] - b * p.sines[i];
            x[1] = a * p.sines[i] + b * p.cosines[i];
        }
    }
}
