#include "quantize/low_rank.h"

#include "error.h"

#include <algorithm>

static const int64_t TILE = 512; // columns: this part of `a` stays in the cache for all rows

// delta = b a for one row and n <= TILE columns
static void multiply(const float * b, const float * a, int64_t rank, int64_t columns, int64_t n, float * delta) {
    std::fill(delta, delta + n, 0.0f);
    int64_t k = 0;
    for (; k + 4 <= rank; k += 4) { // four at once: delta is loaded and stored less often
        const float * a0 = a + k * columns;
        const float * a1 = a0 + columns;
        const float * a2 = a1 + columns;
        const float * a3 = a2 + columns;
        for (int64_t i = 0; i < n; ++i) {
            delta[i] += b[k] * a0[i] + b[k + 1] * a1[i] + b[k + 2] * a2[i] + b[k + 3] * a3[i];
        }
    }
    for (; k < rank; ++k) {
        const float * ak = a + k * columns;
        for (int64_t i = 0; i < n; ++i) {
            delta[i] += b[k] * ak[i];
        }
    }
}

void low_rank_add(std::vector<float> & rows, const std::vector<float> & b, const std::vector<float> & a, float scale,
    int64_t columns, const std::atomic<bool> & cancelled) {
    if (columns < 1 || rows.size() % columns != 0 || a.size() % columns != 0) {
        throw vaner_error(VANER_INVALID_ARGUMENT,
            vaner_format("%zu and %zu weights are not whole rows of %lld", rows.size(), a.size(), (long long) columns));
    }
    const int64_t n_rows = (int64_t) rows.size() / columns;
    const int64_t rank = (int64_t) a.size() / columns;
    if ((int64_t) b.size() != n_rows * rank) {
        throw vaner_error(VANER_INVALID_ARGUMENT,
            vaner_format("%zu weights are not a matrix of %lld rows and rank %lld", b.size(), (long long) n_rows,
                (long long) rank));
    }

    float delta[TILE];
    for (int64_t first = 0; first < columns; first += TILE) {
        if (cancelled) {
            throw vaner_error(VANER_ABORTED, "merging an adapter was cancelled");
        }
        const int64_t n = std::min(TILE, columns - first);
        for (int64_t row = 0; row < n_rows; ++row) {
            multiply(b.data() + row * rank, a.data() + first, rank, columns, n, delta);
            float * target = rows.data() + row * columns + first;
            for (int64_t i = 0; i < n; ++i) {
                target[i] += scale * delta[i];
            }
        }
    }
}
