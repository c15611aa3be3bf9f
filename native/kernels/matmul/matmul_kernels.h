// The interface between prepacked_matrix and the kernels of one instruction set. Plain data: included by files of every
// instruction set.
#pragma once

#include "kernels/cpu_features.h"
#include "kernels/matmul/formats.h"

#include <cstddef>
#include <cstdint>

// How a quantized activation row lies in memory.
enum class activation_layout {
    block_bytes,           // n_in values of u8, then a block_scale for every 32 of them
    block_bytes_and_words, // then n_in words of 16 bits, which AVX2 multiplies with Q8_0 weights
    bf16,                  // n_in BF16 numbers
    row_bytes,             // n_in values of u8 with a zero point of 128, then one scale (float)
};

// A value v stands for scale * (v - zero), a word w for scale * w / WORD_STEPS.
struct block_scale {
    float scale;
    int32_t zero; // 64, 128 or 192
};

static const float WORD_STEPS = 128.0f; // 127 * 128 fits into 16 bits, sums of 32 products of words and weights into 32

// Part of an activation row that is written; what its layout does not have is NULL.
struct activation_span {
    uint8_t * values;
    uint8_t * block_scales;
    int16_t * words;
    uint16_t * bf16;
    float * row_scale;
    int n; // values, a multiple of 32
};

// Sizes in bytes of activation rows, multiples of a cache line.
static inline size_t whole_lines(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

static inline size_t block_bytes_size(int n_in) {
    return whole_lines((size_t) n_in + (size_t) n_in / 32 * sizeof(block_scale));
}

static inline size_t block_bytes_and_words_size(int n_in) {
    return block_bytes_size(n_in) + whole_lines(n_in * sizeof(int16_t)); // words begin at block_bytes_size()
}

// An odd number of lines, so that the rows of a tile spread over the sets of the cache.
static inline size_t bf16_row_size(int n_in) {
    return (size_t) (n_in / 32 | 1) * 64;
}

static inline size_t row_bytes_scale_offset(int n_in) {
    return whole_lines((size_t) n_in);
}

static inline size_t row_bytes_size(int n_in) {
    return ((row_bytes_scale_offset(n_in) / 64 + 1) | 1) * 64;
}

// Parameters as in prepacked_matrix.h.
struct multiply_operands {
    weight_format format;
    const void * panels; // prepacked weights
    int n_in;
    int n_out;
    const uint8_t * x;
    int n_rows;
    int first;
    int last;
};

struct multiply_params : multiply_operands {
    float * out; // from output `first` on, like add
    size_t out_stride;
    const float * add; // NULL: zeros
    size_t add_stride;
};

struct multiply_to_bf16_params : multiply_operands {
    uint16_t * out; // from output `first` on
    size_t out_stride;
    const rotary_angles * angles; // NULL: no rotation
};

// silu(gate x) * (up x) for the outputs [first, last).
struct multiply_swiglu_params {
    const void * gate; // panels, like up
    const void * up;
    int n_in;
    const uint8_t * x;
    int n_rows;
    int first;
    int last;
    uint16_t * out; // BF16, from output `first` on
    size_t out_stride;
};

// The kernels for one CPU and kind of scales. matmul_kernels.cpp assigns the members by name; test_matmul finds a
// member that was forgotten.
struct matmul_kernels {
    const char * name = nullptr;
    bool cpu_features::*needs = nullptr;
    int8_scales scales = int8_scales::blocks;
    activation_layout activations = activation_layout::block_bytes;
    int most_inputs = 1 << 17; // row scales: the sum of so many products of 127 x 127 fits into 32 bits
    int swiglu_rows = 0;       // rows of a SwiGLU product whose gates and ups, 32 outputs each, fit into the L1 cache

    size_t (*prepacked_size)(weight_format format, int n_in, int n_out) = nullptr;

    // rows as in a GGUF file; panels: prepacked_size() bytes, aligned to 64
    void (*prepack)(weight_format format, const void * rows, int n_in, int n_out, void * panels) = nullptr;

    void (*multiply)(const multiply_params & p) = nullptr;
    void (*quantize_from_f32)(const float * x, const activation_span & row) = nullptr;
    void (*quantize_from_rms_norm)(
        const float * x, const float * weight, float eps, const activation_span & row) = nullptr;

    // Any part of a row. Row scales: to BF16, since the scale is known only when the row is complete.
    void (*swiglu)(const float * gate, const float * up, const activation_span & row) = nullptr;

    // Row scales; else NULL.
    void (*quantize_from_bf16)(const uint16_t * x, const activation_span & row) = nullptr;

    // Optional, only with row scales.
    void (*multiply_swiglu)(const multiply_swiglu_params & p) = nullptr;
    void (*multiply_to_bf16)(const multiply_to_bf16_params & p) = nullptr;
};

// The n kernel sets of this build, the fastest first.
const matmul_kernels * matmul_kernels_built(size_t & n);

// The fastest set of this CPU for n_in inputs; NULL: it has none. Block scales where there is none for row scales, or
// not for so many inputs.
const matmul_kernels * matmul_kernels_get(int8_scales scales, int n_in);

// swiglu_row() (activations.h) of the values [first, first + n) of a row of n_in, multiples of 32; gate and up have n
// values.
void swiglu_row_part(
    const matmul_kernels & kernels, const float * gate, const float * up, int n_in, int first, int n, void * row);
