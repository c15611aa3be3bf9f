// How 32 activations become integers, the same for all vectors.
#pragma once

#include "int8/int8_path.h"

struct int8_steps {
    float per_value; // steps in 1.0
    int8_block block;
};

// The zero and the finest step for values from -below to above, both at least 0. Equal ones give the zero 128 and integers
// within 127 of it.
static inline int8_steps int8_fit(float below, float above) {
    const int zero = below < above * (64.0f / 127.0f) ? 64 : above < below * (63.0f / 128.0f) ? 192 : 128;
    const float step_below = below * (zero == 64 ? 1.0f / 64.0f : zero == 192 ? 1.0f / 192.0f : 1.0f / 128.0f);
    const float step_above = above * (zero == 64 ? 1.0f / 191.0f : zero == 192 ? 1.0f / 63.0f : 1.0f / 127.0f);
    const float step = step_below > step_above ? step_below : step_above;
    const float tiny = 5.8774718e-39f; // 2^-127: 1 divided by less than half of this overflows
    return step < tiny ? int8_steps{ 0.0f, { 0.0f, zero } } : int8_steps{ 1.0f / step, { step, zero } };
}
