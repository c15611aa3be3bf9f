#include "kernels/matmul/ggml_blocks.h"

#include <cstring>

static float half_to_float(uint16_t h) {
    // The bits of a half in the place of a float's are its value times 2^-112, denormals included. Infinity and NaN
    // need more.
    const uint32_t magnitude = (uint32_t) (h & 0x7fff) << 13;
    const bool finite = (h & 0x7c00) != 0x7c00;
    float value;
    memcpy(&value, &magnitude, sizeof(value));
    value *= 0x1p112f;
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    bits = (finite ? bits : magnitude | 0x7f800000) | (uint32_t) (h & 0x8000) << 16;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

// Spreads eight bits to the fifth bits of eight bytes: copies them to each byte, keeps one, carries it to the highest
// bit.
static uint64_t spread(uint32_t bits) {
    const uint64_t own = (uint64_t) (bits & 255) * 0x0101010101010101 & 0x8040201008040201;
    return (own + 0x7f7f7f7f7f7f7f7f) >> 3 & 0x1010101010101010;
}

// Subtracts up to 128 from each of eight bytes below 128; no byte borrows from the next.
static uint64_t subtract(uint64_t bytes, uint64_t subtrahend) {
    return ((bytes | 0x8080808080808080) - subtrahend * 0x0101010101010101) ^ 0x8080808080808080;
}

// Eight weights at a time.
float ggml_block_decode(weight_format format, const uint8_t * block, int8_t * weight) {
    uint16_t scale;
    memcpy(&scale, block, 2);
    block += 2;
    if (format == weight_format::q8_0) {
        memcpy(weight, block, 32);
        return half_to_float(scale);
    }
    uint32_t fifth_bits = 0;
    int zero = 8;
    if (format == weight_format::q5_0) {
        memcpy(&fifth_bits, block, 4);
        block += 4;
        zero = 16;
    }
    for (int i = 0; i < 16; i += 8) {
        uint64_t nibbles;
        memcpy(&nibbles, block + i, 8);
        const uint64_t low = (nibbles & 0x0f0f0f0f0f0f0f0f) | spread(fifth_bits >> i);
        const uint64_t high = (nibbles >> 4 & 0x0f0f0f0f0f0f0f0f) | spread(fifth_bits >> (i + 16));
        const uint64_t halves[2] = { subtract(low, zero), subtract(high, zero) };
        memcpy(weight + i, &halves[0], 8);
        memcpy(weight + i + 16, &halves[1], 8);
    }
    return half_to_float(scale);
}
