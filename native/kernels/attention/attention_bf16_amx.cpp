#include "kernels/attention/attention_kernels.h"
#include "kernels/simd/amx.h"
#include "kernels/simd/avx512.h"
#include "kernels/simd/avx512_bf16.h"
#include "kernels/simd/scalar.h"

#include <cmath>
#include <cstring>

#if !defined(__AMX_BF16__) && !defined(__AMXBF16__)
    #error "needs AMX BF16: see cmake/kernels.cmake"
#endif

namespace {

const int ROWS = 16;      // of a tile: query rows that are computed together
const int GROUP = 16;     // keys, or components of values, of a right operand tile
const int STEP = 32;      // components of keys, or keys, that one product of tiles sums
const int TILE = 16 * 16; // a right operand tile, in pairs of BF16: [pair][column]
const int GROUPS = 4;     // tiles of sums at a time

// A stride of rows that spreads them over the sets of the cache.
int spread(int n_floats) {
    return n_floats + 16;
}

// Scratch memory, in units of four bytes.
struct layout {
    int n_keys;     // padded
    int n_head;     // components
    size_t values;  // where they begin, behind the keys
    size_t weights; // BF16 [ROWS][2 * spread(n_keys / 2)]
    size_t queries; // BF16 [ROWS][2 * spread(n_head / 2)]
    size_t scores;  // of two blocks of rows, F32 [ROWS][spread(n_keys)]
    size_t out;     // of two blocks of rows, F32 [ROWS][n_head]
    size_t size;

    layout(int n_seen, int n_embd_head) : n_keys(round_up(n_seen, STEP)), n_head(n_embd_head) {
        values = (size_t) n_keys * n_head / 2;
        weights = 2 * values;
        queries = weights + (size_t) ROWS * spread(n_keys / 2);
        scores = queries + (size_t) ROWS * spread(n_head / 2);
        out = scores + 2 * scores_size();
        size = out + 2 * out_size();
    }

    size_t scores_size() const { return (size_t) ROWS * spread(n_keys); }
    size_t out_size() const { return (size_t) ROWS * n_head; }
};

// 32 numbers in BF16.
inline __m512i in_bf16(const float * x) {
    return avx512_round_bf16(_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16));
}

inline __m512i in_bf16(const uint16_t * x) {
    return _mm512_loadu_si512(x);
}

inline void store_scaled(const float * x, __m512 by, float * out) {
    _mm512_storeu_ps(out, _mm512_mul_ps(_mm512_load_ps(x), by));
    _mm512_storeu_ps(out + 16, _mm512_mul_ps(_mm512_load_ps(x + 16), by));
}

inline void store_scaled(const float * x, __m512 by, uint16_t * out) {
    const __m512i both =
        avx512_round_bf16(_mm512_mul_ps(_mm512_load_ps(x), by), _mm512_mul_ps(_mm512_load_ps(x + 16), by));
    _mm512_storeu_si512((void *) out, both);
}

// 32 components of a key or value from d on, of the prefix or the sequence.
template <typename number>
inline __m512i row_32(
    const attention_params & p, int j, int d, const float * prefix, const number * own, size_t stride) {
    return j < p.n_prefix ? in_bf16(prefix + j * p.prefix_stride + d) : in_bf16(own + (j - p.n_prefix) * stride + d);
}

// Row i of tile [group][step]: the components 2 i and 2 i + 1 of 16 keys.
template <typename number> void pack_keys(const attention_params & p, const layout & l, float * tiles) {
    const int n_keys = attention_n_keys(p);
    for (int first = 0; first < l.n_keys; first += GROUP) {
        for (int d = 0; d < l.n_head; d += STEP, tiles += TILE) {
            if (first >= n_keys) {
                memset(tiles, 0, TILE * sizeof(float));
                continue;
            }
            __m512 keys[GROUP];
            for (int i = 0; i < GROUP; ++i) {
                keys[i] = _mm512_castsi512_ps(first + i < n_keys
                        ? row_32(p, first + i, d, p.k_prefix, (const number *) p.k, p.k_stride)
                        : _mm512_setzero_si512());
            }
            avx512_transpose(keys, tiles, GROUP);
        }
    }
}

// Row i of tile [step][group]: 16 components of the values 2 i and 2 i + 1.
template <typename number> void pack_values(const attention_params & p, const layout & l, float * tiles) {
    alignas(64) static const uint16_t alternate[2][32] = {
        { 0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46,
            15, 47 },
        { 16, 48, 17, 49, 18, 50, 19, 51, 20, 52, 21, 53, 22, 54, 23, 55, 24, 56, 25, 57, 26, 58, 27, 59, 28, 60, 29,
            61, 30, 62, 31, 63 },
    };
    const int n_keys = attention_n_keys(p);
    const int n_groups = l.n_head / GROUP;
    const auto value_32 = [&](int j, int d) {
        return j < n_keys ? row_32(p, j, d, p.v_prefix, (const number *) p.v, p.v_stride) : _mm512_setzero_si512();
    };
    for (int key = 0; key < l.n_keys; key += 2) {
        float * row = tiles + (size_t) (key / STEP) * n_groups * TILE + key % STEP / 2 * GROUP;
        for (int d = 0; d < l.n_head; d += STEP) {
            const __m512i even = value_32(key, d);
            const __m512i odd = value_32(key + 1, d);
            for (int half = 0; half < 2; ++half, row += TILE) {
                _mm512_store_si512(row, _mm512_permutex2var_epi16(even, _mm512_load_si512(alternate[half]), odd));
            }
        }
    }
}

// 16 rows x n_groups groups of sums. left: BF16 [16][n_steps * 32]; right operand tiles are step_stride and
// group_stride apart.
template <int n_groups>
inline void multiply(const float * left, int left_stride, const float * right, size_t step_stride, size_t group_stride,
    int n_steps, float * out, int out_stride) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int step = 0; step < n_steps; ++step, left += 16, right += step_stride) {
        _tile_loadd(4, left, left_stride * 4);
        _tile_loadd(5, right, 64);
        _tile_dpbf16ps(0, 4, 5);
        if (n_groups > 1) {
            _tile_loadd(6, right + group_stride, 64);
            _tile_dpbf16ps(1, 4, 6);
        }
        if (n_groups > 2) {
            _tile_loadd(5, right + 2 * group_stride, 64);
            _tile_dpbf16ps(2, 4, 5);
        }
        if (n_groups > 3) {
            _tile_loadd(6, right + 3 * group_stride, 64);
            _tile_dpbf16ps(3, 4, 6);
        }
    }
    _tile_stored(0, out, out_stride * 4);
    if (n_groups > 1) {
        _tile_stored(1, out + GROUP, out_stride * 4);
    }
    if (n_groups > 2) {
        _tile_stored(2, out + 2 * GROUP, out_stride * 4);
    }
    if (n_groups > 3) {
        _tile_stored(3, out + 3 * GROUP, out_stride * 4);
    }
}

// The scores of a row for the keys that it sees, at least one.
struct seen_scores {
    const float * scores;
    int whole;      // that fill vectors, except the last vector
    __mmask16 last; // those of the last vector

    seen_scores(const float * scores, int n)
        : scores(scores), whole((n - 1) / 16 * 16), last((__mmask16) (0xffff >> (whole + 16 - n))) {}

    __m512 at(int j) const { return _mm512_load_ps(scores + j); }

    // The maximum of each lane.
    __m512 max() const {
        __m512 high = _mm512_mask_load_ps(_mm512_set1_ps(-INFINITY), last, scores + whole);
        for (int j = 0; j < whole; j += 16) {
            high = _mm512_max_ps(high, at(j));
        }
        return high;
    }

    // Writes the weights 2^(by * score - less) in BF16, and zeros up to the next step; returns the sum of each lane.
    __m512 weigh(__m512 by, __m512 less, float * weights) const {
        const auto weight = [&](__m512 score) { return avx512_exp2_coarse(_mm512_fmsub_ps(score, by, less)); };
        __m512 sum = _mm512_setzero_ps();
        int j = 0;
        for (; j + STEP <= whole; j += STEP) {
            const __m512 first = weight(at(j));
            const __m512 second = weight(at(j + 16));
            sum = _mm512_add_ps(sum, _mm512_add_ps(first, second));
            _mm512_store_si512(weights + j / 2, avx512_round_bf16(first, second));
        }
        __m512 end[2] = { _mm512_maskz_mov_ps(last, weight(_mm512_maskz_load_ps(last, scores + whole))),
            _mm512_setzero_ps() };
        if (j < whole) {
            end[1] = end[0];
            end[0] = weight(at(j));
        }
        _mm512_store_si512(weights + j / 2, avx512_round_bf16(end[0], end[1]));
        return _mm512_add_ps(sum, _mm512_add_ps(end[0], end[1]));
    }
};

// Query rows that are computed together, of all heads, head by head.
struct query_rows {
    int token[ROWS];
    int head[ROWS];
    int n;
    int first_key; // that any of them sees, the first of a step
    int end_key;   // behind the last one
    alignas(64) float inverse_sums[ROWS];
};

// number: float, or uint16_t for BF16, of queries, keys, values and the result. A software pipeline: tiles of one block
// of rows are multiplied while the vector units work on another.
template <typename number> class sequence_attention {
public:
    sequence_attention(const attention_params & p, float * scratch)
        : p(p), l(attention_n_keys(p), p.n_embd_head), scratch(scratch) {}

    void run() {
        pack_keys<number>(p, l, scratch);
        pack_values<number>(p, l, scratch + l.values);
        amx_tiles tiles;
        tiles.shape(ROWS, ROWS);
        const int n_blocks = ceil_div(p.n_rep * p.n_tokens, ROWS);
        find_scores(0);
        for (int block = 0; block < n_blocks; ++block) {
            if (block + 1 < n_blocks) {
                find_scores(block + 1);
            }
            find_weights(block);
            add_values(block);
            if (block > 0) {
                write(block - 1);
            }
        }
        write(n_blocks - 1);
    }

private:
    query_rows & rows_of(int block) { return in_work[block % 3]; }
    float * scores_of(int block) { return scratch + l.scores + block % 2 * l.scores_size(); }
    float * out_of(int block) { return scratch + l.out + block % 2 * l.out_size(); }

    void find_scores(int block) {
        query_rows & rows = rows_of(block);
        take_rows(block * ROWS, rows);
        for (int key = rows.first_key; key < rows.end_key; key += GROUPS * GROUP) {
            switch (min(GROUPS, ceil_div(rows.end_key - key, GROUP))) {
            case 1: multiply_keys<1>(block, key); break;
            case 2: multiply_keys<2>(block, key); break;
            case 3: multiply_keys<3>(block, key); break;
            default: multiply_keys<GROUPS>(block, key); break;
            }
        }
    }

    void take_rows(int first, query_rows & rows) {
        float * to = scratch + l.queries;
        int token = first % p.n_tokens;
        int head = first / p.n_tokens;
        rows.n = min(ROWS, p.n_rep * p.n_tokens - first);
        rows.first_key = l.n_keys;
        rows.end_key = 0;
        for (int i = 0; i < rows.n; ++i, to += spread(l.n_head / 2)) {
            const number * q = attention_query<number>(p, token, head);
            for (int d = 0; d < l.n_head; d += STEP) {
                _mm512_store_si512(to + d / 2, in_bf16(q + d));
            }
            rows.first_key = min(rows.first_key, attention_first_seen(p, token) / STEP * STEP);
            rows.end_key = max(rows.end_key, attention_end_seen(p, token));
            rows.token[i] = token;
            rows.head[i] = head;
            if (++token == p.n_tokens) {
                token = 0;
                ++head;
            }
        }
    }

    template <int n_groups> void multiply_keys(int block, int key) {
        const int n_steps = l.n_head / STEP;
        multiply<n_groups>(scratch + l.queries, spread(l.n_head / 2), scratch + (size_t) key * l.n_head / 2, TILE,
            (size_t) n_steps * TILE, n_steps, scores_of(block) + key, spread(l.n_keys));
    }

    void find_weights(int block) {
        query_rows & rows = rows_of(block);
        const auto scores = [&](int i) {
            return seen_scores(scores_of(block) + (size_t) i * spread(l.n_keys) + rows.first_key,
                attention_end_seen(p, rows.token[i]) - rows.first_key);
        };
        hide_earlier(block);
        const float factor = p.scale * 1.44269504f;
        __m512 v[ROWS];
        for (int i = 0; i < ROWS; ++i) {
            v[i] = i < rows.n ? scores(i).max() : _mm512_setzero_ps();
        }
        alignas(64) float less[ROWS];
        const __m512 most = avx512_reduce_each(v, [](__m512 a, __m512 b) { return _mm512_max_ps(a, b); });
        _mm512_store_ps(less, _mm512_mul_ps(most, _mm512_set1_ps(factor)));
        for (int i = 0; i < ROWS; ++i) {
            if (i >= rows.n) {
                v[i] = _mm512_setzero_ps();
                continue;
            }
            float * to = scratch + l.weights + (size_t) i * spread(l.n_keys / 2);
            v[i] = scores(i).weigh(_mm512_set1_ps(factor), _mm512_set1_ps(less[i]), to + rows.first_key / 2);
            for (int j = round_up(attention_end_seen(p, rows.token[i]), STEP); j < rows.end_key; j += STEP) {
                _mm512_store_ps(to + j / 2, _mm512_setzero_ps());
            }
        }
        const __m512 sum = avx512_reduce_each(v, [](__m512 a, __m512 b) { return _mm512_add_ps(a, b); });
        _mm512_store_ps(rows.inverse_sums, _mm512_div_ps(_mm512_set1_ps(1.0f), sum));
    }

    // Hides the keys in front of those that a row sees. Scores are behind each other, so later ones are left out.
    void hide_earlier(int block) {
        const query_rows & rows = rows_of(block);
        for (int i = 0; i < rows.n; ++i) {
            float * scores = scores_of(block) + (size_t) i * spread(l.n_keys);
            for (int key = rows.first_key; key < attention_first_seen(p, rows.token[i]); ++key) {
                scores[key] = -INFINITY;
            }
        }
    }

    void add_values(int block) {
        const query_rows & rows = rows_of(block);
        const int n_groups = l.n_head / GROUP;
        const int first_step = rows.first_key / STEP;
        const int n_steps = ceil_div(rows.end_key, STEP) - first_step;
        const float * values = scratch + l.values + (size_t) first_step * n_groups * TILE;
        for (int group = 0; group < n_groups; group += GROUPS) {
            multiply<GROUPS>(scratch + l.weights + rows.first_key / 2, spread(l.n_keys / 2),
                values + (size_t) group * TILE, (size_t) n_groups * TILE, TILE, n_steps, out_of(block) + group * GROUP,
                l.n_head);
        }
    }

    void write(int block) {
        const query_rows & rows = rows_of(block);
        const float * out = out_of(block);
        for (int i = 0; i < rows.n; ++i, out += l.n_head) {
            number * to = attention_out<number>(p, rows.token[i], rows.head[i]);
            for (int d = 0; d < l.n_head; d += STEP) {
                store_scaled(out + d, _mm512_set1_ps(rows.inverse_sums[i]), to + d);
            }
        }
    }

    const attention_params & p;
    const layout l;
    float * const scratch;
    query_rows in_work[3];
};

} // namespace

size_t attention_bf16_amx_scratch_size(int n_keys, int n_embd_head) {
    return layout(n_keys, n_embd_head).size;
}

void attention_bf16_amx(const attention_params & p, float * scratch) {
    if (p.stored_bf16) {
        sequence_attention<uint16_t>(p, scratch).run();
    } else {
        sequence_attention<float>(p, scratch).run();
    }
}
