#pragma once

// x / 2 * (1 + erf(x / sqrt(2))) of n values, in place. Absolute error below 5e-7 of the larger of 1 and |x|; NaN and
// infinity propagate.
void gelu(float * x, int n);

// The layer norm of x + bias + add, in place: (v - mean(v)) / sqrt(variance(v) + eps) * weight + shift.
struct sum_norm_params {
    float * x;          // [n]
    const float * bias; // [n], or NULL
    const float * add;  // [n]
    const float * weight;
    const float * shift;
    float eps;
    int n;
};

void sum_norm(const sum_norm_params & p);
