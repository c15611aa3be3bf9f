// Integer arithmetic for kernels, which instantiate nothing of the standard library (docs/kernels.md).
#pragma once

static inline constexpr int min(int a, int b) {
    return a < b ? a : b;
}

static inline constexpr int max(int a, int b) {
    return a > b ? a : b;
}

static inline constexpr int ceil_div(int n, int by) {
    return (n + by - 1) / by;
}

static inline constexpr int round_up(int n, int to) {
    return ceil_div(n, to) * to;
}
