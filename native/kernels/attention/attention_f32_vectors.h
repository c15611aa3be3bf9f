// Attention in F32 for heads whose size is a multiple of the vector length. Included by one file for each instruction
// set, whose `isa` adds to floats_128, floats_256 or floats_512 (simd/vectors.h):
//
//   LANES                                        floats of a vector
//   COLUMNS                                      vectors that fit into the registers with ROWS sums each
//   zero(), load(p), store(p, v), max(a, b)
//   exp(v)                                       e^v; NaN propagates
//   sum(v), max(v)                               of the floats of a vector
//   load_first(p, n, others), keep_first(v, n)   the first n; others, or zeros, in place of the rest
//   transpose(rows, to, stride)                  LANES rows
#pragma once

#include "kernels/attention/attention.h"
#include "kernels/simd/scalar.h"
#include "kernels/simd/unroll.h"

#include <cmath>
#include <cstring>

namespace {

template <typename isa> struct vector_attention {
    using vector = typename isa::vector;

    static const int LANES = isa::LANES;
    static const int ROWS = 6; // query rows that share one pass over the keys

    static int padded(int n) { return round_up(n, LANES); }

    // From the scores of a row to those of the next. Zeros behind scores that do not start with a vector take up to a
    // vector more.
    static size_t score_stride(int n_keys) { return padded(n_keys) + LANES; }

    // layout: keys transposed [n_embd_head][n_pad] | scores [ROWS][score_stride] | values [n_keys][n_embd_head], only
    // with a prefix
    static size_t scratch_size(int n_keys, int n_embd_head) {
        return (size_t) padded(n_keys) * n_embd_head + ROWS * score_stride(n_keys) + (size_t) n_keys * n_embd_head;
    }

    // sums[r][v] = sum over i of left[r][i] * right[i][v]
    template <int n_rows, int n_vectors>
    static inline void multiply(const float * left, size_t left_stride, const float * right, size_t right_stride, int n,
        vector (&sums)[n_rows][n_vectors]) {
        UNROLL
        for (int r = 0; r < n_rows; ++r) {
            UNROLL
            for (int v = 0; v < n_vectors; ++v) {
                sums[r][v] = isa::zero();
            }
        }
        for (int i = 0; i < n; ++i, right += right_stride) {
            vector y[n_vectors];
            UNROLL
            for (int v = 0; v < n_vectors; ++v) {
                y[v] = isa::load(right + v * LANES);
            }
            UNROLL
            for (int r = 0; r < n_rows; ++r) {
                const auto x = isa::spread(left[r * left_stride + i]);
                UNROLL
                for (int v = 0; v < n_vectors; ++v) {
                    sums[r][v] = isa::multiply_add(x, y[v], sums[r][v]);
                }
            }
        }
    }

    // A product whose rows are scaled: out[r] = factors[r] * left[r] * right, for the vectors [first, first +
    // n_vectors).
    struct row_product {
        const float * left;
        size_t left_stride;
        const float * right;
        size_t right_stride;
        int n;
        const float * factors;
        float * out;
        size_t out_stride;

        template <int n_rows, int n_vectors> void run(int first) const {
            vector sums[n_rows][n_vectors];
            multiply<n_rows, n_vectors>(left, left_stride, right + first * LANES, right_stride, n, sums);
            UNROLL
            for (int r = 0; r < n_rows; ++r) {
                UNROLL
                for (int v = 0; v < n_vectors; ++v) {
                    isa::store(
                        out + r * out_stride + (first + v) * LANES, isa::multiply(sums[r][v], isa::set(factors[r])));
                }
            }
        }

        // All vectors, in nearly equal parts: a part of one vector would leave multipliers idle.
        template <int n_rows> void run_all(int n_vectors) const {
            const int most = isa::COLUMNS;
            for (int first = 0; first < n_vectors;) {
                const int left_over = n_vectors - first;
                const int part = left_over >= 2 * most ? most : left_over > most ? (left_over + 1) / 2 : left_over;
                switch (part) {
                case 1: run<n_rows, 1>(first); break;
                case 2: run<n_rows, 2>(first); break;
                case 3: run<n_rows, min(3, isa::COLUMNS)>(first); break;
                default: run<n_rows, isa::COLUMNS>(first); break;
                }
                first += part;
            }
        }

        void run_rows(int n_rows, int n_vectors) const {
            switch (n_rows) {
            case 1: run_all<1>(n_vectors); break;
            case 2: run_all<2>(n_vectors); break;
            case 3: run_all<3>(n_vectors); break;
            case 4: run_all<4>(n_vectors); break;
            case 5: run_all<5>(n_vectors); break;
            default: run_all<ROWS>(n_vectors); break;
            }
        }
    };

    // Replaces the first n scores by e^(s - max), those up to the next whole vector by 0; returns 1 / their sum.
    static float exponentials(float * s, int n) {
        const int whole = padded(n) - LANES;
        const int n_last = n - whole;
        vector high = isa::load_first(s + whole, n_last, -INFINITY);
        for (int j = 0; j < whole; j += LANES) {
            high = isa::max(high, isa::load(s + j));
        }
        const vector most = isa::set(isa::max(high));
        vector sum = isa::zero();
        for (int j = 0; j < whole; j += LANES) {
            const vector e = isa::exp(isa::subtract(isa::load(s + j), most));
            isa::store(s + j, e);
            sum = isa::add(sum, e);
        }
        const vector e = isa::keep_first(isa::exp(isa::subtract(isa::load(s + whole), most)), n_last);
        isa::store(s + whole, e);
        return 1.0f / isa::sum(isa::add(sum, e));
    }

    static void transpose_keys(const attention_params & p, float * keys, int n_pad) {
        for (int t = 0; t < n_pad; t += LANES) {
            for (int d = 0; d < p.n_embd_head; d += LANES) {
                vector rows[LANES];
                for (int i = 0; i < LANES; ++i) {
                    rows[i] = t + i < attention_n_keys(p) ? isa::load(attention_key(p, t + i) + d) : isa::zero();
                }
                isa::transpose(rows, keys + (size_t) d * n_pad + t, n_pad);
            }
        }
    }

    static void join_values(const attention_params & p, float * values) {
        for (int j = 0; j < attention_n_keys(p); ++j) {
            memcpy(values + (size_t) j * p.n_embd_head, attention_value(p, j), p.n_embd_head * sizeof(float));
        }
    }

    static void run(const attention_params & p, float * scratch) {
        const int n_pad = padded(attention_n_keys(p));
        const size_t stride = score_stride(attention_n_keys(p));
        float * keys = scratch;
        float * scores = keys + (size_t) n_pad * p.n_embd_head;
        transpose_keys(p, keys, n_pad);

        const float * values = attention_own_value(p, 0);
        size_t v_stride = p.v_stride;
        if (p.n_prefix > 0) {
            float * joined = scores + ROWS * stride;
            join_values(p, joined);
            values = joined;
            v_stride = p.n_embd_head;
        }

        float scales[ROWS];
        for (float & scale : scales) {
            scale = p.scale;
        }
        // Head by head, so that each pass has rows of one head and, where they see some keys only, of nearby tokens.
        for (int h = 0; h < p.n_rep; ++h) {
            for (int t = 0; t < p.n_tokens; t += ROWS) {
                const int n_rows = min(ROWS, p.n_tokens - t);
                // by any of the rows, from the start of a vector
                const int first = attention_first_seen(p, t) / LANES * LANES;
                const int n_seen = attention_end_seen(p, t + n_rows - 1) - first;

                const row_product find_scores = { attention_query(p, t, h), p.q_stride, keys + first, (size_t) n_pad,
                    p.n_embd_head, scales, scores, stride };
                find_scores.run_rows(n_rows, padded(n_seen) / LANES);
                float inverse_sums[ROWS];
                for (int r = 0; r < n_rows; ++r) {
                    float * row = scores + r * stride;
                    const int own_first = attention_first_seen(p, t + r) - first;
                    const int n_own = attention_end_seen(p, t + r) - first - own_first;
                    inverse_sums[r] = exponentials(row + own_first, n_own);
                    for (int j = 0; j < own_first; ++j) {
                        row[j] = 0.0f;
                    }
                    for (int j = own_first + padded(n_own); j < n_seen; ++j) {
                        row[j] = 0.0f;
                    }
                }
                const row_product weigh_values = { scores, stride, values + first * v_stride, v_stride, n_seen,
                    inverse_sums, attention_out(p, t, h), p.out_stride };
                weigh_values.run_rows(n_rows, p.n_embd_head / LANES);
            }
        }
    }
};

} // namespace
