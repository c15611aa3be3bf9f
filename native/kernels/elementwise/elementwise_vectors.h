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

template <typename floats> inline void gelu_vectors(float * x, int n) {
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
            floats::store(x + i + j * LANES, v[j]);
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
            x[i + j] = padded[j];
        }
    }
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
            typename floats::vector v = floats::add(floats::load(p.x + at), floats::load(p.add + at));
            if (p.bias) {
                v = floats::add(v, floats::load(p.bias + at));
            }
            floats::store(p.x + at, v);
            sum.sums[j] = floats::add(sum.sums[j], v);
        }
    }
    for (int i = whole; i < p.n; ++i) {
        p.x[i] += p.add[i];
        p.x[i] += p.bias ? p.bias[i] : 0.0f;
        sum.rest[i - whole] = p.x[i];
    }
    const float mean = sum.total() / (float) p.n;

    lanes_sum<floats> squares;
    const typename floats::vector means = floats::set(mean);
    for (int i = 0; i < whole; i += SUM_LANES) {
        UNROLL
        for (int j = 0; j < N; ++j) {
            const auto d = floats::subtract(floats::load(p.x + i + j * LANES), means);
            squares.sums[j] = floats::fused(d, d, squares.sums[j]);
        }
    }
    for (int i = whole; i < p.n; ++i) {
        squares.rest[i - whole] = (p.x[i] - mean) * (p.x[i] - mean);
    }
    const float scale = 1.0f / sqrtf(squares.total() / (float) p.n + p.eps);

    const typename floats::vector scales = floats::set(scale);
    for (int at = 0; at < whole; at += LANES) {
        const auto d = floats::multiply(floats::subtract(floats::load(p.x + at), means), scales);
        floats::store(p.x + at, floats::fused(d, floats::load(p.weight + at), floats::load(p.shift + at)));
    }
    for (int i = whole; i < p.n; ++i) {
        p.x[i] = fmaf((p.x[i] - mean) * scale, p.weight[i], p.shift[i]);
    }
}

} // namespace
