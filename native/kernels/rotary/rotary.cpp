#include "kernels/rotary/rotary.h"

#include "kernels/cpu_features.h"
#include "kernels/rotary/rotary_kernels.h"

static void rotary_loops(const rotary_params & p) {
    const bool halves = p.pairs == rotary_pairs::halves;
    const int step = halves ? 1 : 2; // from pair to pair
    const int gap = halves ? p.n_pairs : 1;
    for (int head = 0; head < p.n_heads; ++head) {
        float * x = p.heads + head * p.stride;
        for (int i = 0; i < p.n_pairs; ++i, x += step) {
            const float a = x[0];
            const float b = x[gap];
            x[0] = a * p.cosines[i] - b * p.sines[i];
            x[gap] = a * p.sines[i] + b * p.cosines[i];
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
