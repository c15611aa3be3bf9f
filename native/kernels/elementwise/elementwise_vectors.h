// The kernels as templates over the vector width (simd/vectors.h). Each element goes through the same operations
// whatever the width, and sums have 16 lanes that are joined in the same order.
#pragma once

#include "kernels/elementwise/elementwise.h"
#include "kernels/simd/unroll.h"

#include <cmath>

namespace {

const int SUM_LANES = 16;

// erf(x) is x P(x^2) / Q(x^2) on [-4, 4], and 1 beyond to the precision of F32. Source of the coefficients: Eigen's
// generic_fast_erf_float.
const float ERF_LIMIT = 4.0f;
const float ERF_P[] = { -2.72614225801306e-10f, 2.77068142495902e-08f, -2.10102402082508e-06f, -5.69250639462346e-05f,
    -7.34990630326855e-04f, -2.95459980854025e-03f, -1.60960333262415e-02f };
const float ERF_Q[] = { -1.45660718464996e-05f, -2.13374055278905e-04f, -1.68282697438203e-03f, -7.37332916720468e-03f,
    -1.42647390514189e-02f };

// Several vectors hide the latency of each step.
template <typename floats, int n_vectors> inline void gelu_of(typename floats::vector (&x)[n_vectors]) {
    typename floats::vector z[n_vectors], square[n_vectors], p[n_vectors], q[n_vectors];
    UNROLL
    for (int i = 0; i < n_vectors; ++i) {
        z[i] = floats::clamp(floats::multiply(x[i], floats::set(0.707106781f)), ERF_LIMIT);
        square[i] = floats::multiply(z[i], z[i]);
        p[i] = floats::set(ERF_P[0]);
        q[i] = floats::set(ERF_Q[0]);
    }
    UNROLL
    for (int k = 1; k < 7; ++k) {
        for (int i = 0; i < n_vectors; ++i) {
            p[i] = floats::fused(p[i], square[i], floats::set(ERF_P[k]));
        }
    }
    UNROLL
    for (int k = 1; k < 5; ++k) {
        for (int i = 0; i < n_vectors; ++i) {
            q[i] = floats::fused(q[i], square[i], floats::set(ERF_Q[k]));
        }
    }
    UNROLL
    for (int i = 0; i < n_vectors; ++i) {
        const auto half = floats::multiply(x[i], floats::set(0.5f));
        const auto erf = floats::divide(floats::multiply(z[i], p[i]), q[i]);
        x[i] = floats::fused(half, erf, half);
    }
}

// gelu(x) * up, in place; up may be NULL.
template <typename floats> inline void gelu_gate_vectors(float * x, const float * up, int n) {
    const int LANES = floats::LANES;
    const int AT_ONCE = 4;
    int i = 0;
    for (; i + AT_ONCE * LANES <= n; i += AT_ONCE * LANES) {
        typename floats::vector v[AT_ONCE];
        UNROLL
        for (int j = 0; j < AT_ONCE; ++j) {
            v[j] = floats::load(x + i + j * LANES);
        }
        gelu_of<floats>(v);
        UNROLL
        for (int j = 0; j < AT_ONCE; ++j) {
            floats::store(x + i + j * LANES, up ? floats::multiply(v[j], floats::load(up + i + j * LANES)) : v[j]);
        }
    }
    for (; i < n; i += LANES) {
        const int rest = n - i < LANES ? n - i : LANES;
        float padded[LANES] = {};
        for (int j = 0; j < rest; ++j) {
            padded[j] = x[i + j];
        }
        typename floats::vector v[1] = { floats::load(padded) };
        gelu_of<floats>(v);
        floats::store(padded, v[0]);
        for (int j = 0; j < rest; ++j) {
            x[i + j] = up ? padded[j] * up[i + j] : padded[j];
        }
    }
}

template <typename floats> inline void gelu_vectors(float * x, int n) {
    gelu_gate_vectors<floats>(x, nullptr, n);
}

// A sum with 16 lanes.
template <typename floats> struct lanes_sum {
    static const int N = SUM_LANES / floats::LANES;
    typename floats::vector sums[N];
    float rest[SUM_LANES] = {};

    lanes_sum() {
        for (int i = 0; i < N; ++i) {
            sums[i] = floats::set(0.0f);
        }
    }

    float total() {
        float all[SUM_LANES];
        for (int i = 0; i < N; ++i) {
            floats::store(all + i * floats::LANES, sums[i]);
        }
        for (int i = 0; i < SUM_LANES; ++i) {
            all[i] += rest[i];
        }
        for (int width = SUM_LANES / 2; width > 0; width /= 2) {
            for (int i = 0; i < width; ++i) {
                all[i] += all[i + width];
            }
        }
        return all[0];
    }
};

template <typename floats> inline void sum_norm_vectors(const sum_norm_params & p) {
    const int LANES = floats::LANES;
    const int N = SUM_LANES / LANES;
    const int whole = p.n / SUM_LANES * SUM_LANES;
    lanes_sum<floats> sum;
    for (int i = 0; i < whole; i += SUM_LANES) {
        UNROLL
        for (int j = 0; j < N; ++j) {
            const int at = i + j * LANES;
            typename floats::vector v = floats::load(p.x + at);
            if (p.add) {
                v = floats::add(v, floats::load(p.add + at));
            }
            if (p.bias) {
                v = floats::add(v, floats::load(p.bias + at));
            }
            floats::store(p.out + at, v);
            sum.sums[j] = floats::add(sum.sums[j], v);
        }
    }
    for (int i = whole; i < p.n; ++i) {
        p.out[i] = p.x[i] + (p.add ? p.add[i] : 0.0f);
        p.out[i] += p.bias ? p.bias[i] : 0.0f;
        sum.rest[i - whole] = p.out[i];
    }
    const float mean = sum.total() / (float) p.n;

    lanes_sum<floats> squares;
    const typename floats::vector means = floats::set(mean);
    for (int i = 0; i < whole; i += SUM_LANES) {
        UNROLL
        for (int j = 0; j < N; ++j) {
            const auto d = floats::subtract(floats::load(p.out + i + j * LANES), means);
            squares.sums[j] = floats::fused(d, d, squares.sums[j]);
        }
    }
    for (int i = whole; i < p.n; ++i) {
        squares.rest[i - whole] = (p.out[i] - mean) * (p.out[i] - mean);
    }
    const float scale = 1.0f / sqrtf(squares.total() / (float) p.n + p.eps);

    const typename floats::vector scales = floats::set(scale);
    for (int at = 0; at < whole; at += LANES) {
        const auto d = floats::multiply(floats::subtract(floats::load(p.out + at), means), scales);
        const auto weight = floats::load(p.weight + at);
        floats::store(
            p.out + at, p.shift ? floats::fused(d, weight, floats::load(p.shift + at)) : floats::multiply(d, weight));
    }
    for (int i = whole; i < p.n; ++i) {
        p.out[i] = fmaf((p.out[i] - mean) * scale, p.weight[i], p.shift ? p.shift[i] : 0.0f);
    }
}

// Several rows share the loads of a weight.
template <typename floats, int n_rows> inline void dot_rows(const dot_params & p, int first_row) {
    const int LANES = floats::LANES;
    const int N = SUM_LANES / LANES;
    const int whole = p.n_in / SUM_LANES * SUM_LANES;
    const float * x = p.x + first_row * p.x_stride;
    for (int o = 0; o < p.n_out; ++o) {
        const float * w = p.w + (size_t) o * p.n_in;
        lanes_sum<floats> sums[n_rows];
        for (int i = 0; i < whole; i += SUM_LANES) {
            UNROLL
            for (int j = 0; j < N; ++j) {
                const auto weight = floats::load(w + i + j * LANES);
                UNROLL
                for (int r = 0; r < n_rows; ++r) {
                    const auto values = floats::load(x + r * p.x_stride + i + j * LANES);
                    sums[r].sums[j] = floats::fused(weight, values, sums[r].sums[j]);
                }
            }
        }
        for (int r = 0; r < n_rows; ++r) {
            for (int i = whole; i < p.n_in; ++i) {
                sums[r].rest[i - whole] = w[i] * x[r * p.x_stride + i];
            }
            p.out[(first_row + r) * p.out_stride + o] = sums[r].total() + (p.bias ? p.bias[o] : 0.0f);
        }
    }
}

template <typename floats> inline void dot_vectors(const dot_params & p) {
    int row = 0;
    for (; row + 4 <= p.n_rows; row += 4) {
        dot_rows<floats, 4>(p, row);
    }
    for (; row < p.n_rows; ++row) {
        dot_rows<floats, 1>(p, row);
    }
}

} // namespace
