#pragma once

#include <cstddef>

// x / 2 * (1 + erf(x / sqrt(2))) of n values, in place. Absolute error below 5e-7 of the larger of 1 and |x|; NaN and
// infinity propagate.
void gelu(float * x, int n);

// gelu(gate) * up, in place of gate.
void gelu_gate(float * gate, const float * up, int n);

// The layer norm of x + bias + add: (v - mean(v)) / sqrt(variance(v) + eps) * weight + shift. What is NULL is left out.
struct sum_norm_params {
    const float * x;    // [n]
    const float * bias; // [n], or NULL
    const float * add;  // [n], or NULL
    const float * weight;
    const float * shift; // [n], or NULL
    float * out;         // [n], may be x
    float eps;
    int n;
};

void sum_norm(const sum_norm_params & p);

// out[m][i] = w[i] . x[m] + bias[i] for n_rows rows m, with 16 lanes whatever the CPU: a row does not depend on others.
struct dot_params {
    const float * x; // [n_rows], x_stride apart
    size_t x_stride;
    const float * w;    // [n_out][n_in]
    const float * bias; // [n_out], or NULL
    float * out;        // [n_rows], out_stride apart
    size_t out_stride;
    int n_rows;
    int n_in;
    int n_out;
};

void dot(const dot_params & p);
