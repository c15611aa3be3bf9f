// The scale of a row of numbers.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

struct row_scale {
    float scale;
    float steps_per_unit; // 1 / scale
};

// The scale that gives integers from -127 to 127 to numbers whose largest magnitude has these bits in F32. A scale
// below 2^-127 counts as 0; NaN and infinity make it NaN.
static inline row_scale fit_row_scale(int32_t magnitude) {
    if (magnitude >= 0x7f800000) {
        return { NAN, 0.0f };
    }
    float largest;
    memcpy(&largest, &magnitude, sizeof(largest));
    if (largest < 127 * 5.8774718e-39f) {
        return { 0.0f, 0.0f };
    }
    return { largest / 127.0f, 127.0f / largest };
}
