#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

inline bool all_finite(const float * values, size_t n) {
    return std::all_of(values, values + n, [](float v) { return std::isfinite(v); });
}
