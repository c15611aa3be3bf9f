// How numbers that share one scale become integers.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

struct rowwise_scale {
    float scale;     // one step
    float per_value; // steps in 1.0
};

// 127 steps on either side of zero for numbers whose largest magnitude has these bits in F32. Numbers that need less than
// 2^-127 a step become zeros; what is not finite makes the scale no number.
static inline rowwise_scale rowwise_fit(int32_t magnitude) {
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
