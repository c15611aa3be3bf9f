#include "encoder/attention_amx.h"

#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AVX512BF16__)

    #include "amx_tiles.h"
    #include "avx512_exp2.h"
    #include "avx512_transpose.h"
    #include "encoder/avx512_round_bf16.h"

    #include <cmath>
    #include <cstring>

namespace {

const int ROWS = 16;             // of a tile: query rows that are computed together
const int GROUP = 16;            // keys, or components of values, that a tile of the right side has
const int STEP = 32;             // components of keys, or keys, that one product of tiles adds up
const int TILE = 16 * 16;        // a tile of the right side, in pairs of BF16: [pair][column]
const int GROUPS = 4;            // tiles of sums at a time
const int KEYS = GROUPS * GROUP; // keys are padded to so many

int round_up(int n, int to) {
    return (n + to - 1) / to * to;
}

inline int smaller(int a, int b) {
    return a < b ? a : b;
}

// Rows that don't all fall into the same few sets of the cache.
int spread(int n_floats) {
    return n_floats + 16;
}

// All in units of four bytes.
struct layout {
    int n_keys;     // padded
    int n_head;     // components
    size_t values;  // where they begin, behind the keys
    size_t scores;  // F32 [ROWS][spread(n_keys)]
    size_t weights; // BF16 [ROWS][2 * spread(n_keys / 2)]
    size_t queries; // BF16 [ROWS][2 * spread(n_head / 2)]
    size_t out;     // F32 [ROWS][n_head]
    size_t size;

    layout(int n_seen, int n_embd_head) : n_keys(round_up(n_seen, KEYS)), n_head(n_embd_head) {
        values = (size_t) n_keys * n_head / 2;
        scores = 2 * values;
        weights = scores + (size_t) ROWS * spread(n_keys);
        queries = weights + (size_t) ROWS * spread(n_keys / 2);
        out = queries + (size_t) ROWS * spread(n_head / 2);
        size = out + (size_t) ROWS * n_head;
    }
};

// 32 numbers in BF16
inline __m512i round_32(const float * x) {
    return round_bf16(_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16));
}

// Tile [group][step] has the components 2 i and 2 i + 1 of 16 keys in its row i.
void pack_keys(const attention_params & p, const layout & l, float * tiles) {
    const int n_keys = attention_n_keys(p);
    for (int first = 0; first < l.n_keys; first += GROUP) {
        for (int d = 0; d < l.n_head; d += STEP, tiles += TILE) {
            if (first >= n_keys) {
                memset(tiles, 0, TILE * sizeof(float));
                continue;
            }
            __m512 keys[GROUP];
            for (int i = 0; i < GROUP; ++i) {
                const __m512i key =
                    first + i < n_keys ? round_32(attention_key(p, first + i) + d) : _mm512_setzero_si512();
                keys[i] = _mm512_castsi512_ps(key);
            }
            avx512_transpose(keys, tiles, GROUP);
        }
    }
}

// Tile [step][group] has 16 components of the values 2 i and 2 i + 1 in its row i.
void pack_values(const attention_params & p, const layout & l, float * tiles) {
    const int n_keys = attention_n_keys(p);
    const int n_groups = l.n_head / GROUP;
    for (int key = 0; key < round_up(n_keys, STEP); key += 2) {
        float * row = tiles + (size_t) (key / STEP) * n_groups * TILE + key % STEP / 2 * GROUP;
        for (int group = 0; group < n_groups; ++group, row += TILE) {
            const __m512 none = _mm512_setzero_ps();
            const __m512 even = key < n_keys ? _mm512_loadu_ps(attention_value(p, key) + group * GROUP) : none;
            const __m512 odd = key + 1 < n_keys ? _mm512_loadu_ps(attention_value(p, key + 1) + group * GROUP) : none;
            _mm512_store_si512(row, round_bf16_pairs(even, odd));
        }
    }
}

// 16 rows x 4 groups of sums: left is BF16 [16][n_steps * 32], the tiles of the right side lie step_stride and group_stride apart.
inline void multiply(const float * left, int left_stride, const float * right, size_t step_stride, size_t group_stride,
    int n_steps, float * out, int out_stride) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int step = 0; step < n_steps; ++step, left += 16, right += step_stride) {
        _tile_loadd(4, left, left_stride * 4);
        _tile_loadd(5, right, 64);
        _tile_loadd(6, right + group_stride, 64);
        _tile_dpbf16ps(0, 4, 5);
        _tile_dpbf16ps(1, 4, 6);
        _tile_loadd(5, right + 2 * group_stride, 64);
        _tile_loadd(6, right + 3 * group_stride, 64);
        _tile_dpbf16ps(2, 4, 5);
        _tile_dpbf16ps(3, 4, 6);
    }
    _tile_stored(0, out, out_stride * 4);
    _tile_stored(1, out + GROUP, out_stride * 4);
    _tile_stored(2, out + 2 * GROUP, out_stride * 4);
    _tile_stored(3, out + 3 * GROUP, out_stride * 4);
}

// Of n scores the weights 2^(factor * (score - the largest)), in BF16, and zeros up to the next step; returns 1 / their sum.
float weigh(const float * scores, int n, float factor, float * weights) {
    const int n_vectors = (n + 15) / 16;
    const __mmask16 last = (__mmask16) (0xffff >> (n_vectors * 16 - n));
    const int whole = (n_vectors - 1) * 16;
    __m512 high = _mm512_mask_loadu_ps(_mm512_set1_ps(-INFINITY), last, scores + whole);
    for (int j = 0; j < whole; j += 16) {
        high = _mm512_max_ps(high, _mm512_loadu_ps(scores + j));
    }
    const __m512 most = _mm512_set1_ps(_mm512_reduce_max_ps(high));
    const __m512 by = _mm512_set1_ps(factor);
    __m512 sum = _mm512_setzero_ps();
    for (int j = 0; j < round_up(n, STEP); j += STEP) {
        __m512 e[2];
        for (int i = 0; i < 2; ++i) {
            const int first = j + i * 16;
            const __mmask16 exist = first < whole ? (__mmask16) 0xffff : first == whole ? last : (__mmask16) 0;
            const __m512 score = _mm512_maskz_loadu_ps(exist, scores + first);
            e[i] = _mm512_maskz_mov_ps(exist, avx512_exp2_coarse(_mm512_mul_ps(_mm512_sub_ps(score, most), by)));
            sum = _mm512_add_ps(sum, e[i]);
        }
        _mm512_storeu_si512((void *) (weights + j / 2), round_bf16(e[0], e[1]));
    }
    return 1.0f / _mm512_reduce_add_ps(sum);
}

// Rows of all heads in one sequence, head by head.
struct query_row {
    int token;
    int head;

    void advance(int n_tokens) {
        if (++token == n_tokens) {
            token = 0;
            ++head;
        }
    }
};

} // namespace

bool attention_amx_built() {
    return true;
}

size_t attention_amx_scratch(int n_keys, int n_embd_head) {
    return layout(n_keys, n_embd_head).size;
}

void attention_amx(const attention_params & p, float * scratch) {
    const layout l(attention_n_keys(p), p.n_embd_head);
    float * keys = scratch;
    float * values = scratch + l.values;
    float * scores = scratch + l.scores;
    float * weights = scratch + l.weights;
    float * queries = scratch + l.queries;
    float * out = scratch + l.out;
    pack_keys(p, l, keys);
    pack_values(p, l, values);
    const int n_groups = l.n_head / GROUP;
    const int n_steps = l.n_head / STEP;
    const float factor = p.scale * 1.44269504f;

    amx_tiles tiles;
    tiles.shape(ROWS, ROWS);
    query_row next = {};
    const int n_rows = p.n_rep * p.n_tokens;
    for (int first = 0; first < n_rows; first += ROWS) {
        const int n = smaller(ROWS, n_rows - first);
        query_row rows[ROWS];
        int seen = 0; // by any of the rows
        for (int i = 0; i < ROWS; ++i) {
            float * to = queries + (size_t) i * spread(l.n_head / 2);
            if (i >= n) {
                memset(to, 0, l.n_head * sizeof(uint16_t));
                continue;
            }
            const float * q = p.q + next.token * p.q_stride + (size_t) next.head * l.n_head;
            for (int d = 0; d < l.n_head; d += STEP) {
                _mm512_storeu_si512((void *) (to + d / 2), round_32(q + d));
            }
            const int own = attention_n_seen(p, next.token);
            seen = seen < own ? own : seen;
            rows[i] = next;
            next.advance(p.n_tokens);
        }
        for (int key = 0; key < seen; key += KEYS) {
            multiply(queries, spread(l.n_head / 2), keys + (size_t) key * l.n_head / 2, TILE, (size_t) n_steps * TILE,
                n_steps, scores + key, spread(l.n_keys));
        }
        float inverse_sums[ROWS];
        for (int i = 0; i < ROWS; ++i) {
            float * to = weights + (size_t) i * spread(l.n_keys / 2);
            const int own = i < n ? attention_n_seen(p, rows[i].token) : 0;
            if (own > 0) {
                inverse_sums[i] = weigh(scores + (size_t) i * spread(l.n_keys), own, factor, to);
            }
            const int written = round_up(own, STEP);
            if (written < round_up(seen, STEP)) {
                memset(to + written / 2, 0, (size_t) (round_up(seen, STEP) - written) * sizeof(uint16_t));
            }
        }
        for (int d = 0; d < l.n_head; d += GROUPS * GROUP) {
            multiply(weights, spread(l.n_keys / 2), values + (size_t) (d / GROUP) * TILE, (size_t) n_groups * TILE,
                TILE, round_up(seen, STEP) / STEP, out + d, l.n_head);
        }
        for (int i = 0; i < n; ++i) {
            const __m512 inverse = _mm512_set1_ps(inverse_sums[i]);
            float * to = p.out + rows[i].token * p.out_stride + (size_t) rows[i].head * l.n_head;
            for (int d = 0; d < l.n_head; d += 16) {
                _mm512_storeu_ps(to + d, _mm512_mul_ps(_mm512_loadu_ps(out + (size_t) i * l.n_head + d), inverse));
            }
        }
    }
}

#else

bool attention_amx_built() {
    return false;
}

size_t attention_amx_scratch(int, int) {
    return 0;
}

void attention_amx(const attention_params &, float *) {}

#endif
