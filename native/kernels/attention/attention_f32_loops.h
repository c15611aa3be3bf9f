// Attention in F32 in plain loops, for heads of any size: each file that includes this compiles them for its
// instruction set. Written for the vectorizer: fixed trip counts, no reductions across a vector.
#pragma once

#include "kernels/attention/attention.h"
#include "kernels/simd/scalar.h"

#include <math.h>
#include <string.h>

namespace {

const int ROWS = 4;  // query rows that share one pass over the keys
const int COLS = 32; // keys, or value components, that are held in registers

inline int padded(int n) {
    return round_up(n, COLS);
}

// layout: keys transposed [n_embd_head][n_pad] | values [n_keys][pad(n_embd_head)] | scores [ROWS][n_pad]
inline size_t loops_scratch_size(int n_keys, int n_embd_head) {
    const size_t n_pad = padded(n_keys);
    return n_pad * n_embd_head + (size_t) n_keys * padded(n_embd_head) + ROWS * n_pad;
}

// e^x for x <= 0, relative error below 2e-7; 0 below -87
inline float exp_negative(float x) {
    const float clamped = x > -87.0f ? x : -87.0f; // NaN too, which has no integer; r keeps it
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

// s[r][first..end) = scale * q[r] . keys, for whole COLS
inline void scores(const float * const * q, const float * keys, float * s, int first, int end, int n_pad,
    int n_embd_head, float scale) {
    for (int j = first; j < end; j += COLS) {
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

// Replaces the scores of the keys [first, end) by e^(s - max), the others of [all_first, all_end), which are whole COLS,
// by 0; returns the sum.
inline float exponentials(float * s, int first, int end, int all_first, int all_end) {
    float high = s[first];
    for (int j = first + 1; j < end; ++j) {
        high = high > s[j] ? high : s[j];
    }
    for (int j = all_first; j < first; ++j) {
        s[j] = -INFINITY;
    }
    for (int j = end; j < all_end; ++j) {
        s[j] = -INFINITY;
    }
    float sums[COLS] = {};
    for (int j = all_first; j < all_end; j += COLS) {
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

// out[r] = sum over the keys [first, end) of s[r][key] * values[key] / sum[r]
inline void weighted(const float * s, const float * sums, const float * values, float * const * out, int n_rows,
    int first, int end, int n_pad, int n_embd_head) {
    const int v_pad = padded(n_embd_head);
    for (int d = 0; d < v_pad; d += COLS) {
        float acc[ROWS][COLS] = {};
        for (int j = first; j < end; ++j) {
            const float * value = values + (size_t) j * v_pad + d;
            for (int r = 0; r < ROWS; ++r) {
                const float x = s[(size_t) r * n_pad + j];
                for (int c = 0; c < COLS; ++c) {
                    acc[r][c] += x * value[c];
                }
            }
        }
        const int width = min(COLS, n_embd_head - d);
        for (int r = 0; r < n_rows; ++r) {
            for (int c = 0; c < width; ++c) {
                out[r][d + c] = acc[r][c] / sums[r];
            }
        }
    }
}

inline void attention_loops(const attention_params & p, float * scratch) {
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

    // Head by head, so that each pass has rows of one head and, where causal, of nearby tokens.
    for (int h = 0; h < p.n_rep; ++h) {
        for (int t0 = 0; t0 < p.n_tokens; t0 += ROWS) {
            const int n_rows = min(ROWS, p.n_tokens - t0);
            const float * q[ROWS];
            float * out[ROWS];
            float sums[ROWS];
            for (int r = 0; r < ROWS; ++r) {
                const int t = min(t0 + r, p.n_tokens - 1); // rows past the end repeat the last one
                q[r] = attention_query(p, t, h);
                out[r] = attention_out(p, t, h);
            }
            const int last = t0 + n_rows - 1;
            const int first = attention_first_seen(p, t0) / COLS * COLS;
            const int end = attention_end_seen(p, last);
            scores(q, keys, s, first, padded(end), n_pad, p.n_embd_head, p.scale);
            for (int r = 0; r < ROWS; ++r) {
                const int t = min(t0 + r, last);
                sums[r] = exponentials(
                    s + (size_t) r * n_pad, attention_first_seen(p, t), attention_end_seen(p, t), first, padded(end));
            }
            weighted(s, sums, values, out, n_rows, first, end, n_pad, p.n_embd_head);
        }
    }
}

} // namespace
