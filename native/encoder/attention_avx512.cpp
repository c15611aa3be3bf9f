#include "encoder/attention_avx512.h"

#if defined(__AVX512F__)

    #include "avx512_exp.h"
    #include "avx512_transpose.h"
    #include "unroll.h"

    #include <cmath>
    #include <cstring>

static const int LANES = 16;
static const int ROWS = 6;    // query rows that share one pass over the keys
static const int VECTORS = 4; // of keys, or of value components, in registers: 6 x 4 sums of 32 registers

static int padded(int n) {
    return (n + LANES - 1) / LANES * LANES;
}

static inline int smaller(int a, int b) {
    return a < b ? a : b;
}

bool attention_avx512_built() {
    return true;
}

// layout: keys transposed [n_embd_head][n_pad] | scores [ROWS][n_pad] | values [n_keys][n_embd_head], where some are in front
size_t attention_avx512_scratch(int n_keys, int n_embd_head) {
    return (size_t) padded(n_keys) * (n_embd_head + ROWS) + (size_t) n_keys * n_embd_head;
}

// sums[r][v] = sum over i of left[r][i] * right[i][v]
template <int n_rows, int n_vectors>
static inline void multiply(const float * left, size_t left_stride, const float * right, size_t right_stride, int n,
    __m512 (&sums)[n_rows][n_vectors]) {
    UNROLL
    for (int r = 0; r < n_rows; ++r) {
        UNROLL
        for (int v = 0; v < n_vectors; ++v) {
            sums[r][v] = _mm512_setzero_ps();
        }
    }
    for (int i = 0; i < n; ++i, right += right_stride) {
        __m512 y[n_vectors];
        UNROLL
        for (int v = 0; v < n_vectors; ++v) {
            y[v] = _mm512_loadu_ps(right + v * LANES);
        }
        UNROLL
        for (int r = 0; r < n_rows; ++r) {
            const __m512 x = _mm512_set1_ps(left[r * left_stride + i]);
            UNROLL
            for (int v = 0; v < n_vectors; ++v) {
                sums[r][v] = _mm512_fmadd_ps(x, y[v], sums[r][v]);
            }
        }
    }
}

// A product whose rows are scaled: out[r] = factors[r] * left[r] * right, for the vectors [first, first + n_vectors).
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
        __m512 sums[n_rows][n_vectors];
        multiply<n_rows, n_vectors>(left, left_stride, right + first * LANES, right_stride, n, sums);
        for (int r = 0; r < n_rows; ++r) {
            for (int v = 0; v < n_vectors; ++v) {
                _mm512_storeu_ps(
                    out + r * out_stride + (first + v) * LANES, _mm512_mul_ps(sums[r][v], _mm512_set1_ps(factors[r])));
            }
        }
    }

    // All vectors, in nearly equal parts: a part of one vector leaves the multipliers waiting.
    template <int n_rows> void run_all(int n_vectors) const {
        for (int first = 0; first < n_vectors;) {
            const int left_over = n_vectors - first;
            const int part = left_over >= 2 * VECTORS ? VECTORS : left_over > VECTORS ? (left_over + 1) / 2 : left_over;
            switch (part) {
            case 1: run<n_rows, 1>(first); break;
            case 2: run<n_rows, 2>(first); break;
            case 3: run<n_rows, 3>(first); break;
            default: run<n_rows, VECTORS>(first); break;
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

// Turns the first n scores into e^(s - max), those up to the next whole vector into 0; returns 1 / their sum.
static float exponentials(float * s, int n) {
    const __mmask16 last = (__mmask16) (0xffff >> (padded(n) - n));
    const int whole = padded(n) - LANES;
    __m512 high = _mm512_mask_loadu_ps(_mm512_set1_ps(-INFINITY), last, s + whole);
    for (int j = 0; j < whole; j += LANES) {
        high = _mm512_max_ps(high, _mm512_loadu_ps(s + j));
    }
    const __m512 most = _mm512_set1_ps(_mm512_reduce_max_ps(high));
    __m512 sum = _mm512_setzero_ps();
    for (int j = 0; j < whole; j += LANES) {
        const __m512 e = avx512_exp(_mm512_sub_ps(_mm512_loadu_ps(s + j), most));
        _mm512_storeu_ps(s + j, e);
        sum = _mm512_add_ps(sum, e);
    }
    const __m512 e = _mm512_maskz_mov_ps(last, avx512_exp(_mm512_sub_ps(_mm512_loadu_ps(s + whole), most)));
    _mm512_storeu_ps(s + whole, e);
    return 1.0f / _mm512_reduce_add_ps(_mm512_add_ps(sum, e));
}

static void transpose_keys(const attention_params & p, float * keys, int n_pad) {
    for (int t = 0; t < n_pad; t += LANES) {
        for (int d = 0; d < p.n_embd_head; d += LANES) {
            __m512 rows[LANES];
            for (int i = 0; i < LANES; ++i) {
                rows[i] =
                    t + i < attention_n_keys(p) ? _mm512_loadu_ps(attention_key(p, t + i) + d) : _mm512_setzero_ps();
            }
            avx512_transpose(rows, keys + (size_t) d * n_pad + t, n_pad);
        }
    }
}

static void join_values(const attention_params & p, float * values) {
    for (int j = 0; j < attention_n_keys(p); ++j) {
        memcpy(values + (size_t) j * p.n_embd_head, attention_value(p, j), p.n_embd_head * sizeof(float));
    }
}

void attention_avx512(const attention_params & p, float * scratch) {
    const int n_pad = padded(attention_n_keys(p));
    float * keys = scratch;
    float * scores = keys + (size_t) n_pad * p.n_embd_head;
    transpose_keys(p, keys, n_pad);

    const float * values = attention_own_value(p, 0);
    size_t v_stride = p.v_stride;
    if (p.n_before > 0) {
        float * joined = scores + (size_t) ROWS * n_pad;
        join_values(p, joined);
        values = joined;
        v_stride = p.n_embd_head;
    }

    float scales[ROWS];
    for (float & scale : scales) {
        scale = p.scale;
    }
    // Rows are taken head by head, so that each pass has rows of one head and, where causal, near tokens.
    for (int h = 0; h < p.n_rep; ++h) {
        for (int t = 0; t < p.n_tokens; t += ROWS) {
            const int n_rows = smaller(ROWS, p.n_tokens - t);
            const int seen = attention_n_seen(p, t + n_rows - 1); // by the last of the rows

            const row_product find_scores = { attention_query(p, t, h), p.q_stride, keys, (size_t) n_pad, p.n_embd_head,
                scales, scores, (size_t) n_pad };
            find_scores.run_rows(n_rows, padded(seen) / LANES);
            float inverse_sums[ROWS];
            for (int r = 0; r < n_rows; ++r) {
                const int own = attention_n_seen(p, t + r);
                float * row = scores + (size_t) r * n_pad;
                inverse_sums[r] = exponentials(row, own);
                for (int j = padded(own); j < seen; ++j) {
                    row[j] = 0.0f;
                }
            }
            const row_product weigh_values = { scores, (size_t) n_pad, values, v_stride, seen, inverse_sums,
                attention_out(p, t, h), p.out_stride };
            weigh_values.run_rows(n_rows, p.n_embd_head / LANES);
        }
    }
}

#else

bool attention_avx512_built() {
    return false;
}

size_t attention_avx512_scratch(int, int) {
    return 0;
}

void attention_avx512(const attention_params &, float *) {}

#endif
