// Quantizing of rotated rows, with vectors that are held in memory. Included by one file for each instruction set,
// whose `isa` adds to floats_128 or floats_256 (simd/vectors.h):
//
//   load(p), load_bf16(p), load_int8(p)          LANES values
//   ints, zero_ints(), max_magnitude(most, v)    the largest magnitude so far, as the bits of F32
//   largest(most)                                of its lanes
//   to_steps(values, steps_per_unit)             STEPS values as integers from -127 to 127
//   store_unsigned(to, steps)                    with a zero point of 128
//   sum_of_squares(x, n)
#pragma once

#include "kernels/matmul/ggml_blocks.h"
#include "kernels/matmul/matmul_kernels.h"
#include "kernels/matmul/row/row_rotation.h"
#include "kernels/matmul/row/row_scale.h"

#include <cmath>

namespace {

// Row sources, one vector at a time.
template <typename isa> struct plain_values {
    const float * x;

    typename isa::vector at(int i) const { return isa::load(x + i); }
};

template <typename isa> struct bf16_values {
    const uint16_t * x;

    typename isa::vector at(int i) const { return isa::load_bf16(x + i); }
};

template <typename isa> struct weighted_values {
    const float * x;
    const float * weight;

    typename isa::vector at(int i) const { return isa::multiply(isa::load(x + i), isa::load(weight + i)); }
};

template <typename isa> struct normed_values {
    const float * x;
    const float * weight;
    float scale;

    typename isa::vector at(int i) const {
        return isa::multiply(isa::multiply(isa::load(x + i), isa::set(scale)), isa::load(weight + i));
    }
};

// Weights of one output.
struct weight_row {
    weight_format format;
    const uint8_t * blocks; // ggml's; NULL: zeros
};

template <typename isa> inline typename isa::ints max_magnitude(typename isa::ints most, const float * values, int n) {
    for (int i = 0; i < n; i += isa::LANES) {
        most = isa::max_magnitude(most, isa::load_aligned(values + i));
    }
    return most;
}

// Values [first, first + n) of a row of weights, a group, rotated.
template <typename isa> void rotate_weights(const weight_row & row, int first, int n, float * values) {
    for (int i = 0; i < n; i += 32) {
        alignas(16) int8_t weights[32] = {};
        const float scale = row.blocks
            ? ggml_block_decode(row.format, row.blocks + (first + i) / 32 * ggml_block_size(row.format), weights)
            : 0.0f;
        for (int j = 0; j < 32; j += isa::LANES) {
            isa::store_aligned(values + i + j, isa::multiply(isa::load_int8(weights + j), isa::set(scale)));
        }
    }
    rotate_group<isa>(values, n);
}

template <typename isa> row_scale fit_weights(const weight_row & row, int n_in) {
    alignas(32) float group[ROTATED_VALUES];
    typename isa::ints most = isa::zero_ints();
    for (int first = 0, n; first < n_in; first += n) {
        n = group_size(n_in - first);
        rotate_weights<isa>(row, first, n, group);
        most = max_magnitude<isa>(most, group, n);
    }
    return fit_row_scale(isa::largest(most));
}

// The rotated values of an activation row: first the largest magnitude, then the integers.
template <typename isa, typename values> class rotated_row {
public:
    rotated_row(const values & from, int n) : from(from), n(n) {}

    int32_t largest() {
        typename isa::ints most = isa::zero_ints();
        for (int first = 0, size; first < n; first += size) {
            size = group_size(n - first);
            float * group = group_at(first);
            rotate(first, size, group);
            most = max_magnitude<isa>(most, group, size);
        }
        return isa::largest(most);
    }

    // after largest()
    void put(float steps_per_unit, uint8_t * to) {
        for (int first = 0, size; first < n; first += size) {
            size = group_size(n - first);
            float * group = group_at(first);
            if (n > MOST_KEPT) {
                rotate(first, size, group);
            }
            for (int i = 0; i < size; i += isa::STEPS) {
                isa::store_unsigned(to + first + i, isa::to_steps(group + i, steps_per_unit));
            }
        }
    }

private:
    static const int MOST_KEPT = 2048; // 8 KiB of the L1 cache; longer rows are rotated again

    float * group_at(int first) { return n > MOST_KEPT ? kept : kept + first; }

    void rotate(int first, int size, float * group) const {
        for (int i = 0; i < size; i += isa::LANES) {
            isa::store_aligned(group + i, from.at(first + i));
        }
        rotate_group<isa>(group, size);
    }

    const values & from;
    const int n;
    alignas(32) float kept[MOST_KEPT];
};

template <typename isa, typename values> void quantize(const values & from, const activation_span & row) {
    rotated_row<isa, values> rotated(from, row.n);
    const row_scale s = fit_row_scale(rotated.largest());
    rotated.put(s.steps_per_unit, row.values);
    *row.row_scale = s.scale;
}

inline double wide_sum_of_squares(const float * x, int n) {
    double sum = 0;
    for (int i = 0; i < n; ++i) {
        sum += (double) x[i] * x[i];
    }
    return sum;
}

// The factor of the norm cancels in the quotient of a value and the largest, so that only the scale contains it.
template <typename isa>
void quantize_rms_norm(const float * x, const float * weight, float eps, const activation_span & row) {
    const weighted_values<isa> weighted = { x, weight };
    rotated_row<isa, weighted_values<isa>> rotated(weighted, row.n);
    const int32_t magnitude = rotated.largest();
    const float sum = isa::sum_of_squares(x, row.n);
    const bool in_range = magnitude >= 0x0d800000 && magnitude < 0x71800000 && sum < 1e37f; // 2^-100 and 2^100
    if (!in_range) { // products might overflow or underflow
        const double mean = wide_sum_of_squares(x, row.n) / row.n;
        quantize<isa>(normed_values<isa>{ x, weight, (float) (1.0 / sqrt(mean + eps)) }, row);
        return;
    }
    const row_scale s = fit_row_scale(magnitude);
    rotated.put(s.steps_per_unit, row.values);
    *row.row_scale = s.scale * (float) (1.0 / sqrt((double) sum / row.n + eps));
}

} // namespace
