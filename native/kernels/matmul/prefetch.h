// The next panel of weights comes from far away: every tile that passes this one fetches a share of it, some lines at each of
// its steps.
#pragma once

#include <cstddef>
#include <immintrin.h>

struct lines_ahead {
    const char * next;
    int n; // at a step

    // n_tiles: that pass a panel, whose steps have step_size bytes, a multiple of 64
    lines_ahead() = default;
    lines_ahead(const void * panel, size_t step_size, int n_tiles)
        : next((const char *) panel), n(((int) (step_size / 64) + n_tiles - 1) / n_tiles) {}

    // At each step of a tile, into the L1 cache or that of L2.
    template <int level = 1> void fetch() {
        for (int i = 0; i < n; ++i, next += 64) {
            if (level == 1) { // the hint has to be a literal, whose type is each compiler's own
                _mm_prefetch(next, _MM_HINT_T0);
            } else {
                _mm_prefetch(next, _MM_HINT_T1);
            }
        }
    }

    // To what the next tile fetches.
    void skip(int n_steps) { next += (size_t) n * n_steps * 64; }
};
