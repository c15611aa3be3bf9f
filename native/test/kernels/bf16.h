// BF16 for tests.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

// Rounds to the nearest BF16, ties to even.
inline double bf16_of(double v) {
    int exponent;
    const double mantissa = std::frexp(v, &exponent);
    return std::ldexp(std::nearbyint(std::ldexp(mantissa, 8)), exponent - 8);
}

// The stored bits of an F32 value rounded to BF16.
inline uint16_t bf16_bits(float v) {
    const float rounded = (float) bf16_of(v);
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof(bits));
    return (uint16_t) (bits >> 16);
}

inline float bf16_value(uint16_t stored) {
    const uint32_t bits = (uint32_t) stored << 16;
    float v;
    memcpy(&v, &bits, sizeof(v));
    return v;
}
