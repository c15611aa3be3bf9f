#include "kernels/matmul/activations.h"

#include "kernels/matmul/matmul_kernels.h"

size_t activation_row_size(int8_scales scales, int n_in) {
    switch (matmul_kernels_get(scales, n_in)->activations) {
    case activation_layout::block_bytes: return block_bytes_size(n_in);
    case activation_layout::block_bytes_and_words: return block_bytes_and_words_size(n_in);
    case activation_layout::bf16: return bf16_row_size(n_in);
    case activation_layout::row_bytes: break;
    }
    return row_bytes_size(n_in);
}

// Values [first, first + n) of a row.
static activation_span span_of(activation_layout layout, void * row, int n_in, int first, int n) {
    activation_span span = {};
    span.n = n;
    if (layout == activation_layout::bf16) {
        span.bf16 = (uint16_t *) row + first;
        return span;
    }
    span.values = (uint8_t *) row + first;
    if (layout == activation_layout::row_bytes) {
        span.row_scale = (float *) ((uint8_t *) row + row_bytes_scale_offset(n_in));
        return span;
    }
    span.block_scales = (uint8_t *) row + n_in + first / 32 * sizeof(block_scale);
    if (layout == activation_layout::block_bytes_and_words) {
        span.words = (int16_t *) ((uint8_t *) row + block_bytes_size(n_in)) + first;
    }
    return span;
}

void quantize_from_f32(int8_scales scales, const float * x, int n_in, void * row) {
    const matmul_kernels & kernels = *matmul_kernels_get(scales, n_in);
    kernels.quantize_from_f32(x, span_of(kernels.activations, row, n_in, 0, n_in));
}

void quantize_from_rms_norm(
    int8_scales scales, const float * x, const float * weight, float eps, int n_in, void * row) {
    const matmul_kernels & kernels = *matmul_kernels_get(scales, n_in);
    kernels.quantize_from_rms_norm(x, weight, eps, span_of(kernels.activations, row, n_in, 0, n_in));
}

void quantize_from_bf16(int8_scales scales, const uint16_t * x, int n_in, void * row) {
    const matmul_kernels & kernels = *matmul_kernels_get(scales, n_in);
    kernels.quantize_from_bf16(x, span_of(kernels.activations, row, n_in, 0, n_in));
}

bool swiglu_row_is_quantized(int8_scales scales, int n_in) {
    return matmul_kernels_get(scales, n_in)->quantize_from_bf16 == nullptr;
}

size_t swiglu_row_size(int8_scales scales, int n_in) {
    return swiglu_row_is_quantized(scales, n_in) ? activation_row_size(scales, n_in) : bf16_row_size(n_in);
}

void swiglu_row(int8_scales scales, const float * gate, const float * up, int n_in, void * row) {
    swiglu_row_part(*matmul_kernels_get(scales, n_in), gate, up, n_in, 0, n_in, row);
}

void swiglu_row_part(
    const matmul_kernels & kernels, const float * gate, const float * up, int n_in, int first, int n, void * row) {
    const activation_layout layout = kernels.quantize_from_bf16 ? activation_layout::bf16 : kernels.activations;
    kernels.swiglu(gate, up, span_of(layout, row, n_in, first, n));
}
