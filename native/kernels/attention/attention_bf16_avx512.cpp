#include "kernels/attention/attention_kernels.h"
#include "kernels/simd/avx512.h"
#include "kernels/simd/avx512_bf16.h"
#include "kernels/simd/scalar.h"
#include "kernels/simd/unroll.h"

#include <cmath>

// Vectors hold 16 query rows: the maximum and the sum over the keys of a row need no other lanes, and no padding of
// keys is computed.

namespace {

const int LANES = 16;
const int GROUPS = 2; // vectors of query rows that are computed together
const int ROWS = GROUPS * LANES;
const int COLUMNS = 12; // keys or components that they are multiplied with at once: 12 x 2 sums in 32 registers
const int STEP = 32;    // components that are rounded to BF16 together

// Scratch memory in units of four bytes: operands are pairs of BF16.
struct layout {
    int n_keys;
    int n_head;        // components
    size_t key_stride; // not a power of two, so that rows spread over the sets of the cache
    size_t means;      // F32 [component] of the keys, then of the values; behind the keys: [pair of components][key]
    size_t values;     // [pair of keys][component]
    size_t queries;    // [pair of components][ROWS]
    size_t weights;    // [pair of keys][ROWS]
    size_t scores;     // F32 [key][ROWS]; after they are weighed, the result [component][ROWS]
    size_t size;

    layout(int n_keys, int n_embd_head)
        : n_keys(n_keys), n_head(n_embd_head), key_stride(round_up(n_keys, LANES) + LANES) {
        means = key_stride * n_head / 2;
        values = means + (size_t) 2 * n_head;
        queries = values + (size_t) n_pairs() * n_head;
        weights = queries + (size_t) n_head / 2 * ROWS;
        scores = weights + (size_t) n_pairs() * ROWS;
        size = scores + (size_t) max(n_keys, n_head) * ROWS;
    }

    int n_pairs() const { return (n_keys + 1) / 2; }
};

// out[i][row] = sum over pairs of left[pair][i] * right[pair][row]
struct product {
    const float * left;
    size_t left_stride;
    const float * right; // rows ROWS apart, like out
    int n_pairs;
    float * out;

    template <int n_left, int n_groups> void run(int first) const {
        __m512 sums[n_left][n_groups];
        UNROLL
        for (int i = 0; i < n_left; ++i) {
            UNROLL
            for (int g = 0; g < n_groups; ++g) {
                sums[i][g] = _mm512_setzero_ps();
            }
        }
        const float * x = left + first;
        const float * y = right;
        for (int pair = 0; pair < n_pairs; ++pair, x += left_stride, y += ROWS) {
            __m512bh rows[n_groups];
            UNROLL
            for (int g = 0; g < n_groups; ++g) {
                rows[g] = avx512_bf16_of_bits(_mm512_load_si512(y + g * LANES));
            }
            UNROLL
            for (int i = 0; i < n_left; ++i) {
                const __m512bh both = avx512_bf16_of_bits(_mm512_castps_si512(_mm512_set1_ps(x[i])));
                UNROLL
                for (int g = 0; g < n_groups; ++g) {
                    sums[i][g] = _mm512_dpbf16_ps(sums[i][g], both, rows[g]);
                }
            }
        }
        UNROLL
        for (int i = 0; i < n_left; ++i) {
            UNROLL
            for (int g = 0; g < n_groups; ++g) {
                _mm512_store_ps(out + (size_t) (first + i) * ROWS + g * LANES, sums[i][g]);
            }
        }
    }

    template <int n_groups, int n_left = COLUMNS> void run_some(int n, int first) const {
        if constexpr (n_left > 1) {
            if (n < n_left) {
                run_some<n_groups, n_left - 1>(n, first);
                return;
            }
        }
        run<n_left, n_groups>(first);
    }

    // In nearly equal parts: small ones would leave multipliers idle.
    void run_all(int n, int n_groups) const {
        for (int parts = ceil_div(n, COLUMNS), first = 0; parts > 0; --parts) {
            const int part = ceil_div(n - first, parts);
            if (n_groups == 1) {
                run_some<1>(part, first);
            } else {
                run_some<GROUPS>(part, first);
            }
            first += part;
        }
    }
};

// 16 numbers minus those at `less`, unless it is NULL.
inline __m512 load_less(const float * x, const float * less) {
    const __m512 v = _mm512_loadu_ps(x);
    return less ? _mm512_sub_ps(v, _mm512_load_ps(less)) : v;
}

// 32 of these in BF16.
inline __m512i round_32(const float * x, const float * less) {
    return avx512_round_bf16(load_less(x, less), load_less(x + 16, less ? less + 16 : nullptr));
}

// The means of keys and values are subtracted before rounding, which makes the rounding error a third smaller: the
// weights of keys do not change, and the mean of the values is added to the result. Source: SageAttention (arXiv
// 2410.02367), for keys.
template <typename finder> void find_mean(finder row, int n, int n_head, float * mean) {
    const __m512 share = _mm512_set1_ps(1.0f / (float) n);
    for (int d = 0; d < n_head; d += STEP) {
        __m512 sums[2][2] = {}; // two each, to hide the latency of additions
        for (int i = 0; i < n; ++i) {
            const float * x = row(i) + d;
            sums[i % 2][0] = _mm512_add_ps(sums[i % 2][0], _mm512_loadu_ps(x));
            sums[i % 2][1] = _mm512_add_ps(sums[i % 2][1], _mm512_loadu_ps(x + LANES));
        }
        for (int j = 0; j < 2; ++j) {
            _mm512_store_ps(mean + d + j * LANES, _mm512_mul_ps(_mm512_add_ps(sums[0][j], sums[1][j]), share));
        }
    }
}

// 16 rows, n of them given and the others zero, minus the row `less` or NULL, to [pair of components][row].
template <typename finder>
void pack_rows(finder row, int n, int n_head, const float * less, float * to, size_t stride) {
    const float * from[LANES];
    for (int i = 0; i < n; ++i) {
        from[i] = row(i);
    }
    for (int d = 0; d < n_head; d += STEP) {
        __m512 rows[LANES];
        for (int i = 0; i < LANES; ++i) {
            rows[i] =
                _mm512_castsi512_ps(i < n ? round_32(from[i] + d, less ? less + d : nullptr) : _mm512_setzero_si512());
        }
        avx512_transpose(rows, to + (size_t) d / 2 * stride, stride);
    }
}

void pack_keys(const attention_params & p, const layout & l, const float * mean, float * to) {
    for (int first = 0; first < l.n_keys; first += LANES) {
        pack_rows([&](int i) { return attention_key(p, first + i); }, min(LANES, l.n_keys - first), l.n_head, mean,
            to + first, l.key_stride);
    }
}

void pack_values(const attention_params & p, const layout & l, const float * mean, float * to) {
    for (int key = 0; key < l.n_keys; key += 2) {
        const float * even = attention_value(p, key);
        const float * odd = key + 1 < l.n_keys ? attention_value(p, key + 1) : nullptr;
        for (int d = 0; d < l.n_head; d += LANES, to += LANES) {
            const __m512 second = odd ? load_less(odd + d, mean + d) : _mm512_setzero_ps();
            _mm512_store_si512(to, avx512_round_bf16_pairs(load_less(even + d, mean + d), second));
        }
    }
}

// Up to ROWS query rows of all heads, head by head.
struct query_rows {
    int token[ROWS];
    int head[ROWS];
    int n;
    int first_key; // that any of them sees, the first of a pair
    int end_key;   // behind the last one

    query_rows(const attention_params & p, int first)
        : n(min(ROWS, p.n_rep * p.n_tokens - first)), first_key(attention_n_keys(p)), end_key(0) {
        int t = first % p.n_tokens;
        int h = first / p.n_tokens;
        for (int i = 0; i < n; ++i) {
            token[i] = t;
            head[i] = h;
            first_key = min(first_key, attention_first_seen(p, t) / 2 * 2);
            end_key = max(end_key, attention_end_seen(p, t));
            if (++t == p.n_tokens) {
                t = 0;
                ++h;
            }
        }
    }

    int n_groups() const { return ceil_div(n, LANES); }
    int n_keys() const { return end_key - first_key; }
};

// Hides the keys that a row does not see, but others do. scores: from rows.first_key on
void hide_unseen(const attention_params & p, const query_rows & rows, float * scores) {
    for (int i = 0; i < rows.n; ++i) {
        const int first = attention_first_seen(p, rows.token[i]) - rows.first_key;
        const int end = attention_end_seen(p, rows.token[i]) - rows.first_key;
        for (int key = 0; key < first; ++key) {
            scores[(size_t) key * ROWS + i] = -INFINITY;
        }
        for (int key = end; key < rows.n_keys(); ++key) {
            scores[(size_t) key * ROWS + i] = -INFINITY;
        }
    }
}

__m512 max_score(const float * scores, int n_keys) {
    const auto at = [&](int key) { return _mm512_load_ps(scores + (size_t) min(key, n_keys - 1) * ROWS); };
    __m512 most[4] = { at(0), at(1), at(2), at(3) }; // four, to hide the latency
    for (int key = 4; key < n_keys; key += 4) {
        UNROLL
        for (int i = 0; i < 4; ++i) {
            most[i] = _mm512_max_ps(most[i], at(key + i));
        }
    }
    return _mm512_max_ps(_mm512_max_ps(most[0], most[1]), _mm512_max_ps(most[2], most[3]));
}

// Scores of 16 rows to weights 2^(factor * (score - maximum of the row)); returns 1 / their sums.
__m512 weigh(const float * scores, int n_keys, float factor, float * weights) {
    const __m512 most = max_score(scores, n_keys);
    const __m512 by = _mm512_set1_ps(factor);
    const __m512 less = _mm512_mul_ps(most, by);
    const auto weight = [&](int key) {
        return avx512_exp2_coarse(_mm512_fmsub_ps(_mm512_load_ps(scores + (size_t) key * ROWS), by, less));
    };
    __m512 sums[2] = { _mm512_setzero_ps(), _mm512_setzero_ps() };
    for (int key = 0; key < n_keys; key += 2, weights += ROWS) {
        const __m512 even = weight(key);
        const __m512 odd = key + 1 < n_keys ? weight(key + 1) : _mm512_setzero_ps();
        _mm512_store_si512(weights, avx512_round_bf16_pairs(even, odd));
        sums[0] = _mm512_add_ps(sums[0], even);
        sums[1] = _mm512_add_ps(sums[1], odd);
    }
    return _mm512_div_ps(_mm512_set1_ps(1.0f), _mm512_add_ps(sums[0], sums[1]));
}

// Writes 16 rows of the result, from [component][row].
void unpack(const attention_params & p, const query_rows & rows, int first, const float * out, __m512 factor,
    const float * mean) {
    float * to[LANES];
    const int n = min(LANES, rows.n - first);
    for (int i = 0; i < n; ++i) {
        to[i] = attention_out(p, rows.token[first + i], rows.head[first + i]);
    }
    for (int d = 0; d < p.n_embd_head; d += LANES) {
        __m512 columns[LANES];
        UNROLL
        for (int i = 0; i < LANES; ++i) {
            columns[i] = _mm512_mul_ps(_mm512_load_ps(out + (size_t) (d + i) * ROWS), factor);
        }
        avx512_transpose(columns, [&](int i, __m512 row) {
            if (i < n) {
                _mm512_storeu_ps(to[i] + d, _mm512_add_ps(row, _mm512_load_ps(mean + d)));
            }
        });
    }
}

} // namespace

size_t attention_bf16_avx512_scratch_size(int n_keys, int n_embd_head) {
    return layout(n_keys, n_embd_head).size;
}

void attention_bf16_avx512(const attention_params & p, float * scratch) {
    const layout l(attention_n_keys(p), p.n_embd_head);
    float * keys = scratch;
    float * values = scratch + l.values;
    float * queries = scratch + l.queries;
    float * scores = scratch + l.scores;
    float * weights = scratch + l.weights;
    float * key_mean = scratch + l.means;
    float * value_mean = key_mean + l.n_head;
    find_mean([&](int j) { return attention_key(p, j); }, l.n_keys, l.n_head, key_mean);
    find_mean([&](int j) { return attention_value(p, j); }, l.n_keys, l.n_head, value_mean);
    pack_keys(p, l, key_mean, keys);
    pack_values(p, l, value_mean, values);
    const float factor = p.scale * 1.44269504f;

    for (int first = 0; first < p.n_rep * p.n_tokens; first += ROWS) {
        const query_rows rows(p, first);
        const auto query = [&](int row) { return attention_query(p, rows.token[row], rows.head[row]); };
        const int n_groups = rows.n_groups();
        for (int g = 0; g < n_groups; ++g) {
            pack_rows([&](int i) { return query(g * LANES + i); }, min(LANES, rows.n - g * LANES), l.n_head, nullptr,
                queries + g * LANES, ROWS);
        }
        product{ keys + rows.first_key, l.key_stride, queries, l.n_head / 2, scores }.run_all(rows.n_keys(), n_groups);
        hide_unseen(p, rows, scores);
        __m512 inverse_sums[GROUPS];
        for (int g = 0; g < n_groups; ++g) {
            inverse_sums[g] = weigh(scores + g * LANES, rows.n_keys(), factor, weights + g * LANES);
        }
        const float * seen_values = values + (size_t) rows.first_key / 2 * l.n_head;
        product{ seen_values, (size_t) l.n_head, weights, (rows.n_keys() + 1) / 2, scores }.run_all(l.n_head, n_groups);
        for (int g = 0; g < n_groups; ++g) {
            unpack(p, rows, g * LANES, scores + g * LANES, inverse_sums[g], value_mean);
        }
    }
}
