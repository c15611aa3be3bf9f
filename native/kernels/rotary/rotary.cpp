#include "kernels/rotary/rotary.h"

#include "kernels/cpu_features.h"
#include "kernels/rotary/rotary_kernels.h"

static void rotary_loops(const rotary_params & p) {
    for (int head = 0; head < p.n_heads; ++head) {
        float * x = p.heads + head * p.stride;
        for (int i = 0; i < p.n_pairs; ++i) {
            const float a = x[2 * i];
            const float b = x[2 * i + 1];
            x[2 * i] = a * p.cosines[i] - b * p.sines[i];
            x[2 * i + 1] = a * p.sines[i] + b * p.cosines[i];
        }
    }
}

void rotary(const rotary_params & p) {
#if defined(VANER_KERNELS_AVX2)
    if (cpu_features_get().avx2) {
        rotary_avx2(p);
        return;
    }
#endif
    rotary_loops(p);
}
