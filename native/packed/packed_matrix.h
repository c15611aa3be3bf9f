// Products of weights that are packed for this CPU with activations that are quantized once, the best way it has.
//
// In 8-bit integers, with the semantics of ggml's Q8_0: both sides carry one scale for 32 values. The sums of 32 products are
// exact; they are scaled and added up in F32. Or in BF16 where the CPU multiplies tiles of it (AMX), which is nearer
// to F32: both sides are rounded to 8 bits of their own magnitude, products are added up in F32. Always in the same order, so
// that a row's result depends neither on the other rows of its batch nor on how the outputs are shared out.
#pragma once

#include <cstddef>
#include <cstdint>

// ggml's block formats of 32 weights that are packed without loss (block_q8_0, block_q5_0, block_q4_0).
enum class packed_format { q8_0, q5_0, q4_0 };

// y = W x; the weights are repacked for this CPU.
class packed_matrix {
public:
    // Whether this CPU (cpu_features.h) has a path. Without one nothing below may be called.
    static bool supported();

    static const char * path_name();

    // Bytes that the packed weights occupy.
    static size_t packed_size(packed_format format, int n_in, int n_out);

    // Packs n_out rows of n_in/32 blocks, as in a GGUF file, into memory of that size, aligned to 64 bytes, which stays the
    // caller's. n_in is a multiple of 32.
    packed_matrix(packed_format format, const void * rows, int n_in, int n_out, void * memory);

    int n_in;
    int n_out;

    // The outputs [first, last) of n_rows rows: out[m][i - first] = (add ? add[m][i - first] : 0) + (W x[m])[i]. first and
    // last are multiples of 32, or n_out. x: rows of activation_row_size(n_in) bytes from the functions below. The strides count
    // floats. add, from which the sums start, may be out itself.
    void multiply(const void * x, int n_rows, int first, int last, float * out, size_t out_stride,
        const float * add = nullptr, size_t add_stride = 0) const;

private:
    packed_format format;
    const void * packed;
};

// Bytes of a quantized row of activations, a multiple of 64.
size_t activation_row_size(int n_in);

// One row of n_in activations. AMX: in BF16. Else in integers: each 32 get a scale, in the finest steps by which their
// values fit between 64 steps below and 191 above zero, or 128 and 127, or 192 and 63 (AVX2: always within 127, and for Q8_0
// weights in steps that are 128 times as fine). What would need a scale below 2^-127 counts as zeros, in BF16 what F32 keeps as
// a denormal number. What is not finite makes the row's products not finite, as in F32.
void quantize_activations(const float * x, int n_in, void * row);

// The same of x / sqrt(mean(x^2) + eps) * weight.
void quantize_rms_norm(const float * x, const float * weight, float eps, int n_in, void * row);

// The same of silu(gate) * up.
void quantize_swiglu(const float * gate, const float * up, int n_in, void * row);

// The same of silu(gate x) * (up x) for n_rows rows, of which the values [first, last), multiples of 32, are written. What is
// in between never leaves the cache. The matrices are of one shape; x, rows: n_rows of activation_row_size(n_in), (n_out) bytes.
void packed_gated_product(
    const packed_matrix & gate, const packed_matrix & up, const void * x, int n_rows, int first, int last, void * rows);
