// Products of weights that are packed for this CPU with activations that are quantized once, the best way it has.
//
// In 8-bit integers. Either with the semantics of ggml's Q8_0: both sides carry one scale for 32 values, the sums of 32 products
// are exact, are scaled and added up in F32. Or, for models that are known to bear it, with one scale for all inputs of an
// output and one for a row of activations, after a rotation of both (rowwise_rotation.h): the whole sum is exact and is scaled
// once.
//
// Where the CPU multiplies tiles of BF16 (AMX), Q8_0's place is taken by these, which is nearer to F32: both sides are rounded
// to 8 bits of their own magnitude, products are added up in F32. Always in the same order, so that a row's result depends
// neither on the other rows of its batch nor on how the outputs are shared out.
#pragma once

#include <cstddef>
#include <cstdint>

struct packed_path;
struct rotary_angles;

// ggml's block formats of 32 weights that are packed (block_q8_0, block_q5_0, block_q4_0): without loss where blocks have
// scales of their own, else rounded to 8 bits.
enum class packed_format { q8_0, q5_0, q4_0 };

// What shares a scale.
enum class int8_scales { blocks, rows };

// y = W x; the weights are repacked for this CPU.
class packed_matrix {
public:
    // Whether this CPU (cpu_features.h) has a path. Without one nothing below may be called.
    static bool supported();

    // Of the path for this kind of scales. Where the CPU has none for rows it is that for blocks, which is more exact.
    static const char * path_name(int8_scales scales);

    // Bytes that the packed weights occupy.
    static size_t packed_size(int8_scales scales, packed_format format, int n_in, int n_out);

    // Packs n_out rows of n_in/32 blocks, as in a GGUF file, into memory of that size, aligned to 64 bytes, which stays the
    // caller's. n_in is a multiple of 32.
    packed_matrix(int8_scales scales, packed_format format, const void * rows, int n_in, int n_out, void * memory);

    int8_scales scales;
    int n_in;
    int n_out;

    // The outputs [first, last) of n_rows rows: out[m][i - first] = (add ? add[m][i - first] : 0) + (W x[m])[i]. first and
    // last are multiples of 32, or n_out. x: rows of activation_row_size(scales, n_in) bytes from the functions
    // below. The strides count floats. add, from which the sums start, may be out itself.
    void multiply(const void * x, int n_rows, int first, int last, float * out, size_t out_stride,
        const float * add = nullptr, size_t add_stride = 0) const;

    // The same in BF16, rounded to nearest, of outputs that angles turn, unless NULL. Only where the path writes BF16, which then
    // has quantize_bf16() too.
    bool writes_bf16() const;
    void multiply_bf16(const void * x, int n_rows, int first, int last, uint16_t * out, size_t out_stride,
        const rotary_angles * angles) const;

private:
    friend void packed_gated_product(const packed_matrix & gate, const packed_matrix & up, const void * x, int n_rows,
        int first, int last, void * gated_rows);

    const packed_path * path;
    packed_format format;
    const void * packed;
};

// Bytes of a quantized row of activations, a multiple of 64.
size_t activation_row_size(int8_scales scales, int n_in);

// One row of n_in activations. Rows that share a scale: 127 steps on either side of zero; numbers from 2^126 on may count as not
// finite, as their rotation may leave F32's range. AMX: in BF16. Else each 32 get a scale,
// in the finest steps by which their values fit between 64 steps below and 191 above zero, or 128 and 127, or 192 and 63
// (AVX2: always within 127, and for Q8_0 weights in steps that are 128 times as fine). What would need a scale below 2^-127
// counts as zeros, in BF16 what F32 keeps as a denormal number. What is not finite makes the row's products not finite, as in
// F32.
void quantize_activations(int8_scales scales, const float * x, int n_in, void * row);

// The same of x / sqrt(mean(x^2) + eps) * weight.
void quantize_rms_norm(int8_scales scales, const float * x, const float * weight, float eps, int n_in, void * row);

// The same of silu(gate) * up, in two steps: all of it into a row of gated_row_size() bytes, which is BF16 for quantize_bf16(),
// unless gated_is_finished(): then it is the quantized row already.
void gate_activations(int8_scales scales, const float * gate, const float * up, int n_in, void * gated_row);
size_t gated_row_size(int8_scales scales, int n_in);
bool gated_is_finished(int8_scales scales, int n_in);
void quantize_bf16(int8_scales scales, const uint16_t * x, int n_in, void * row);

// gate_activations() of gate x and up x for n_rows rows, of which the values [first, last), multiples of 32, are written. What
// is in between never leaves the cache. The matrices are of one shape and kind of scales; x: n_rows of activation_row_size(n_in),
// gated_rows: of gated_row_size(n_out) bytes.
void packed_gated_product(const packed_matrix & gate, const packed_matrix & up, const void * x, int n_rows, int first,
    int last, void * gated_rows);
