// attention() in plain loops, for heads of any size. Included by one file for each instruction set that it is compiled for;
// these instantiate nothing of the standard library: the linker could take that code for the whole program.
#pragma once

#include "kernels/attention/attention.h"

#include <math.h>
#include <string.h>

// Everything here is written for the vectoriser: fixed trip counts, no reductions across a vector.

static const int ROWS = 4;  // query rows that share one pass over the keys
static const int COLS = 32; // keys, or value components, that are held in registers

template <typename T> static inline T larger(T a, T b) {
    return a > b ? a : b;
}

template <typename T> static inline T smaller(T a, T b) {
    return a < b ? a : b;
}

static int padded(int n) {
    return (n + COLS - 1) / COLS * COLS;
}

// layout: keys transposed [n_embd_head][n_pad] | values [n_keys][pad(n_embd_head)] | scores [ROWS][n_pad]
static inline size_t scratch_of_loops(int n_keys, int n_embd_head) {
    const size_t n_pad = padded(n_keys);
    return n_pad * n_embd_head + (size_t) n_keys * padded(n_embd_head) + ROWS * n_pad;
}

// e^x for x <= 0, relative error below 2e-7; underflows to 0 below -87
static inline float exp_negative(float x) {
    const float clamped = x > -87.0f ? x : -87.0f; // also a NaN, which has no integer; r keeps it
    const float n = floorf(clamped * 1.44269504f + 0.5f);
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const int32_t bits = ((int32_t) n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof(power));
    return x < -87.0f ? 0.0f : p * power;
}

// s[r][0..n_pad) = scale * q[r] . keys
static void scores(const float * const * q, const float * keys, float * s, int n_pad, int n_embd_head, float scale) {
    for (int j = 0; j < n_pad; j += COLS) {
        float acc[ROWS][COLS] = {};
        for (int d = 0; d < n_embd_head; ++d) {
            const float * key = keys + (size_t) d * n_pad + j;
            for (int r = 0; r < ROWS; ++r) {
                const float x = q[r][d];
                for (int c = 0; c < COLS; ++c) {
                    acc[r][c] += x * key[c];
                }
            }
        }
        for (int r = 0; r < ROWS; ++r) {
            for (int c = 0; c < COLS; ++c) {
                s[(size_t) r * n_pad + j + c] = acc[r][c] * scale;
            }
        }
    }
}

// Turns the first n scores into e^(s - max), the rest up to n_pad into 0; returns the sum.
static float exponentials(float * s, int n, int n_pad) {
    float high = s[0];
    for (int j = 1; j < n; ++j) {
        high = larger(high, s[j]);
    }
    for (int j = n; j < n_pad; ++j) {
        s[j] = -INFINITY;
    }
    float sums[COLS] = {};
    for (int j = 0; j < n_pad; j += COLS) {
        for (int c = 0; c < COLS; ++c) {
            const float e = exp_negative(s[j + c] - high);
            s[j + c] = e;
            sums[c] += e;
        }
    }
    float sum = 0.0f;
    for (int c = 0; c < COLS; ++c) {
        sum += sums[c];
    }
    return sum;
}

// out[r] = sum over keys of s[r][key] * values[key] / sum[r]
static void weighted(const float * s, const float * sums, const float * values, float * const * out, int n_rows, int n,
    int n_pad, int n_embd_head) {
    const int v_pad = padded(n_embd_head);
    for (int d = 0; d < v_pad; d += COLS) {
        float acc[ROWS][COLS] = {};
        for (int j = 0; j < n; ++j) {
            const float * value = values + (size_t) j * v_pad + d;
            for (int r = 0; r < ROWS; ++r) {
                const float x = s[(size_t) r * n_pad + j];
                for (int c = 0; c < COLS; ++c) {
                    acc[r][c] += x * value[c];
                }
            }
        }
        const int width = smaller(COLS, n_embd_head - d);
        for (int r = 0; r < n_rows; ++r) {
            for (int c = 0; c < width; ++c) {
                out[r][d + c] = acc[r][c] / sums[r];
            }
        }
    }
}

static void attention_loops(const attention_params & p, float * scratch) {
    const int n_keys = attention_n_keys(p);
    const int n_pad = padded(n_keys);
    const int v_pad = padded(p.n_embd_head);
    float * keys = scratch;
    float * values = keys + (size_t) n_pad * p.n_embd_head;
    float * s = values + (size_t) n_keys * v_pad;

    for (int d = 0; d < p.n_embd_head; ++d) {
        for (int j = 0; j < n_pad; ++j) {
            keys[(size_t) d * n_pad + j] = j < n_keys ? attention_key(p, j)[d] : 0.0f;
        }
    }
    for (int j = 0; j < n_keys; ++j) {
        for (int d = 0; d < v_pad; ++d) {
            values[(size_t) j * v_pad + d] = d < p.n_embd_head ? attention_value(p, j)[d] : 0.0f;
        }
    }

    // Rows are taken head by head, so that each pass has rows of one head and, where causal, near tokens.
    for (int h = 0; h < p.n_rep; ++h) {
        for (int t0 = 0; t0 < p.n_tokens; t0 += ROWS) {
            const int n_rows = smaller(ROWS, p.n_tokens - t0);
            const float * q[ROWS];
            float * out[ROWS];
            float sums[ROWS];
            for (int r = 0; r < ROWS; ++r) {
                const int t = smaller(t0 + r, p.n_tokens - 1); // rows past the end repeat the last one
                q[r] = attention_query(p, t, h);
                out[r] = attention_out(p, t, h);
            }
            scores(q, keys, s, n_pad, p.n_embd_head, p.scale);
            for (int r = 0; r < ROWS; ++r) {
                const int seen = smaller(attention_n_seen(p, t0 + r), n_keys);
                sums[r] = exponentials(s + (size_t) r * n_pad, seen, n_pad);
            }
            weighted(s, sums, values, out, n_rows, n_keys, n_pad, p.n_embd_head);
        }
    }
}
