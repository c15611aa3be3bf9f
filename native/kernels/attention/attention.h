#pragma once

#include <cstddef>

// Attention of one sequence for the query heads that share one key-value head, without padding or mask. F32, unless
// BF16 is allowed. Tokens see the prefix too: keys and values that were computed before.
struct attention_params {
    const void * q;  // F32, or BF16 where stored_bf16, like k, v and out
    size_t q_stride; // [n_tokens] rows of n_rep*n_embd_head; strides count numbers
    const void * k;
    size_t k_stride; // [n_tokens] rows of n_embd_head
    const void * v;
    size_t v_stride;
    const float * k_prefix = nullptr; // [n_prefix] rows of n_embd_head
    const float * v_prefix = nullptr;
    size_t prefix_stride = 0;
    void * out;
    size_t out_stride; // as q

    int n_prefix = 0;
    int n_tokens;
    int n_embd_head;
    int n_rep;                // query heads for the key-value head
    float scale;              // of the scores
    bool causal;              // token i sees the prefix and tokens 0..i only
    int reach = -1;           // a token sees so many tokens on each side, the prefix included; -1: all
    bool allow_bf16 = false;  // operands may be rounded to BF16 where that is faster
    bool stored_bf16 = false; // only with allow_bf16 and attention_stores_bf16()
};

// Static, so that each instruction set has its own copy.
static inline int attention_n_keys(const attention_params & p) {
    return p.n_prefix + p.n_tokens;
}

// A token sees the keys [attention_first_seen(), attention_end_seen()), at least one. Both grow with the token.
static inline int attention_first_seen(const attention_params & p, int token) {
    const int own = p.n_prefix + token;
    return p.reach < 0 || own < p.reach ? 0 : own - p.reach;
}

static inline int attention_end_seen(const attention_params & p, int token) {
    const int own = p.n_prefix + token;
    const int n_keys = attention_n_keys(p);
    if (p.causal) {
        return own + 1;
    }
    return p.reach < 0 || n_keys - own <= p.reach ? n_keys : own + p.reach + 1;
}

// The components of a token's head. number: float, or uint16_t for BF16.
template <typename number = float>
static inline const number * attention_query(const attention_params & p, int token, int head) {
    return (const number *) p.q + token * p.q_stride + (size_t) head * p.n_embd_head;
}

template <typename number = float>
static inline number * attention_out(const attention_params & p, int token, int head) {
    return (number *) p.out + token * p.out_stride + (size_t) head * p.n_embd_head;
}

template <typename number = float>
static inline const number * attention_own_key(const attention_params & p, int token) {
    return (const number *) p.k + token * p.k_stride;
}

template <typename number = float>
static inline const number * attention_own_value(const attention_params & p, int token) {
    return (const number *) p.v + token * p.v_stride;
}

// F32 keys and values, those of the prefix first.
static inline const float * attention_key(const attention_params & p, int j) {
    return j < p.n_prefix ? p.k_prefix + j * p.prefix_stride : attention_own_key(p, j - p.n_prefix);
}

static inline const float * attention_value(const attention_params & p, int j) {
    return j < p.n_prefix ? p.v_prefix + j * p.prefix_stride : attention_own_value(p, j - p.n_prefix);
}

// The kernel that attention() runs for heads of this size.
const char * attention_kernel_name(int n_embd_head, bool allow_bf16);

// Whether attention() reads and writes BF16 too.
bool attention_stores_bf16(int n_embd_head);

// Floats of scratch memory that attention() needs for so many keys.
size_t attention_scratch_size(int n_keys, int n_embd_head);

// scratch: aligned to 64 bytes
void attention(const attention_params & p, float * scratch);
