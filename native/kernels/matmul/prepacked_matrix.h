// Products of weights that are prepacked for this CPU with quantized activation rows (activations.h).
//
// Block scales follow the semantics of ggml's Q8_0: both sides have a scale for every 32 values; the sum of 32 products
// is exact and is scaled and accumulated in F32. Row scales, for models that are known to tolerate them, have one scale
// for each output and one for each activation row, after a rotation of both sides (row/row_rotation.h): the whole sum
// is exact and is scaled once.
//
// On AMX, BF16 tiles take the place of block scales: both sides are rounded to 8 significant bits, products are
// accumulated in F32, which is closer to F32 than Q8_0 is.
//
// Sums always run in the same order: the result of a row depends neither on the other rows of its batch nor on how
// outputs are divided among threads.
#pragma once

#include "kernels/matmul/formats.h"

#include <cstddef>
#include <cstdint>

struct matmul_kernels;

// y = W x
class prepacked_matrix {
public:
    // Whether this build has kernels for this CPU (cpu_features.h). Without them nothing below may be called.
    static bool supported();

    // The kernels for this kind of scales. A CPU without kernels for row scales uses block scales, which are more
    // accurate.
    static const char * kernels_name(int8_scales scales);

    // Bytes of the prepacked weights, a multiple of 64.
    static size_t prepacked_size(int8_scales scales, weight_format format, int n_in, int n_out);

    // Prepacks n_out rows of n_in/32 blocks, as they lie in a GGUF file. n_in is a multiple of 32.
    //   memory  prepacked_size() bytes, aligned to 64; remains the caller's
    prepacked_matrix(int8_scales scales, weight_format format, const void * rows, int n_in, int n_out, void * memory);

    int8_scales scales;
    int n_in;
    int n_out;

    // out[m][i - first] = (add ? add[m][i - first] : 0) + (W x[m])[i] for the outputs i in [first, last) and n_rows
    // rows m.
    //   x            rows of activation_row_size(scales, n_in) bytes
    //   first, last  multiples of 32, or n_out
    //   add          may be out itself; strides count floats
    void multiply(const void * x, int n_rows, int first, int last, float * out, size_t out_stride,
        const float * add = nullptr, size_t add_stride = 0) const;

    // The same rounded to the nearest BF16, after the rotation by angles, which may be NULL. Only where
    // can_multiply_to_bf16(); quantize_from_bf16() is available then too.
    bool can_multiply_to_bf16() const;
    void multiply_to_bf16(const void * x, int n_rows, int first, int last, uint16_t * out, size_t out_stride,
        const rotary_angles * angles) const;

private:
    friend void multiply_swiglu(const prepacked_matrix & gate, const prepacked_matrix & up, const void * x, int n_rows,
        int first, int last, void * swiglu_rows);

    const matmul_kernels * kernels;
    weight_format format;
    const void * panels;
};

// swiglu_row() (activations.h) of gate x and up x for n_rows rows, values [first, last), which are multiples of 32. The
// products never leave the cache. Both matrices have the same shape and kind of scales.
//   x            rows of activation_row_size(scales, n_in) bytes
//   swiglu_rows  rows of swiglu_row_size(scales, n_out) bytes
void multiply_swiglu(const prepacked_matrix & gate, const prepacked_matrix & up, const void * x, int n_rows, int first,
    int last, void * swiglu_rows);
