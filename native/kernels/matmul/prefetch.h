// Prefetch of the next panel of weights, which comes from memory or a distant cache.
#pragma once

#include "kernels/simd/scalar.h"

#include <cstddef>
#if defined(_MSC_VER) && defined(_M_ARM64)
    #include <intrin.h>
#elif !defined(__aarch64__)
    #include <immintrin.h>
#endif

namespace {

// Into the L1 or L2 cache.
template <int level> inline void prefetch_line(const char * p) {
#if defined(_MSC_VER) && defined(_M_ARM64)
    __prefetch2(p, level == 1 ? 0 : 2); // PLDL1KEEP, PLDL2KEEP
#elif defined(__aarch64__)
    __builtin_prefetch(p, 0, level == 1 ? 3 : 2);
#else
    if (level == 1) { // the hint must be a literal, whose type depends on the compiler
        _mm_prefetch(p, _MM_HINT_T0);
    } else {
        _mm_prefetch(p, _MM_HINT_T1);
    }
#endif
}

// All tiles that use the current panel share the work: each prefetches some cache lines of the next panel at each of
// its steps.
struct panel_prefetch {
    const char * next;
    int n_lines; // for each step

    // n_tiles: that use a panel, whose steps have step_size bytes, a multiple of 64
    panel_prefetch() = default;
    panel_prefetch(const void * panel, size_t step_size, int n_tiles)
        : next((const char *) panel), n_lines(ceil_div((int) (step_size / 64), n_tiles)) {}

    // At each step of a tile, into the L1 or L2 cache.
    template <int level = 1> void fetch() {
        for (int i = 0; i < n_lines; ++i, next += 64) {
            prefetch_line<level>(next);
        }
    }

    // Moves on to what the next tile prefetches.
    void skip(int n_steps) { next += (size_t) n_lines * n_steps * 64; }
};

} // namespace
