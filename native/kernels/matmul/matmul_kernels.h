// What one kind of CPU brings to prepacked_matrix. The packed weights are each path's own.
#pragma once

#include "kernels/matmul/prepacked_matrix.h"

// How a row of activations lies in memory.
enum class activation_kind {
    bytes,           // n_in values of u8, then an int8_block for every 32 of them
    bytes_and_words, // then words of 16 bits, for paths that multiply some weights with these at no higher cost
    bf16,            // n_in BF16 numbers
    row_bytes,       // n_in values of u8 that are 128 too large, then one scale (float)
};

// A value v stands for scale * (v - zero). A word w stands for scale * w / INT8_WORD_STEPS.
struct int8_block {
    float scale;
    int32_t zero; // 64, 128 or 192
};

static const float INT8_WORD_STEPS = 128.0f; // 127 times this fits into 16 bits, and sums of 32 products into 32

// A stretch of a row to be written; what its kind does not have is NULL.
struct activation_row {
    uint8_t * values;
    uint8_t * blocks; // of int8_block
    int16_t * words;
    uint16_t * bf16;
    float * scale;
    int n; // values, a multiple of 32
};

static inline size_t whole_lines(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

// Bytes of a row of `bytes`, and where words begin.
static inline size_t int8_words_offset(int n_in) {
    return whole_lines((size_t) n_in + (size_t) n_in / 32 * sizeof(int8_block));
}

// An odd number of lines: the rows of a tile are spread over the cache's sets.
static inline size_t bf16_row_size(int n_in) {
    return (size_t) (n_in / 32 | 1) * 64;
}

static inline size_t rowwise_scale_offset(int n_in) {
    return whole_lines((size_t) n_in);
}

static inline size_t rowwise_row_size(int n_in) {
    return ((rowwise_scale_offset(n_in) / 64 + 1) | 1) * 64;
}

struct product_operands {
    weight_format format;
    const void * packed;
    int n_in;
    int n_out;
    const uint8_t * x;
    int n_rows;
    int first;
    int last;
};

struct packed_product : product_operands {
    float * out; // from output `first` on, like add
    size_t out_stride;
    const float * add;
    size_t add_stride;
};

struct bf16_product : product_operands {
    uint16_t * out; // from output `first` on
    size_t out_stride;
    const rotary_angles * angles; // or NULL
};

// silu(gate x) * (up x) for the outputs [first, last).
struct gated_product {
    const void * gate; // packed, like up
    const void * up;
    int n_in;
    const uint8_t * x;
    int n_rows;
    int first;
    int last;
    uint16_t * out; // BF16, from output `first` on
    size_t out_stride;
};

struct matmul_kernels {
    const char * name;
    activation_kind rows;
    int gated_rows; // so many rows are gated together, with outputs of both sides in the cache
    size_t (*prepacked_size)(weight_format format, int n_in, int n_out);
    void (*pack)(
        weight_format format, const void * rows, int n_in, int n_out, void * packed); // packed: 64-byte aligned
    void (*multiply)(const packed_product & p);
    void (*quantize)(const float * x, const activation_row & row);
    void (*rms_norm_quantize)(const float * x, const float * weight, float eps, const activation_row & row);
    // Any stretch of a row; of row_bytes in BF16 for the time being, as the largest value is not known yet.
    void (*swiglu_quantize)(const float * gate, const float * up, const activation_row & row);
    void (*quantize_from_bf16)(const uint16_t * x, const activation_row & row); // of row_bytes; else NULL
    void (*gated)(const gated_product & p);                                     // of row_bytes, in one go; else NULL
    void (*multiply_to_bf16)(const bf16_product & p);                           // or NULL
};

// Null where this build has none.
const matmul_kernels * bf16_amx_path();     // AMX with BF16
const matmul_kernels * int8_avx512_path();  // AVX-512 with VNNI
const matmul_kernels * int8_avxvnni_path(); // AVX2 with AVX-VNNI
const matmul_kernels *
int8_avx512vl_path(); // the same in AVX-512's encoding: what AVX-VNNI is tested by on CPUs that have only that
const matmul_kernels * int8_avx2_path(); // AVX2 and FMA

// With one scale for each row.
const matmul_kernels * rowwise_amx_path();     // AMX with INT8
const matmul_kernels * rowwise_avx512_path();  // AVX-512 with VNNI
const matmul_kernels * rowwise_avxvnni_path(); // AVX2 with AVX-VNNI
const matmul_kernels * rowwise_avx512vl_path();
