#pragma once

#include <cstddef>
#include <cstdint>

// Attention of one sequence for the query heads that share one key-value head, without a mask, in F32 unless BF16 is allowed. All
// tokens see what is in front of the sequence too: keys and values that were computed before.
struct attention_params {
    const void * q;  // F32, or BF16 where stored_bf16, like k, v and out
    size_t q_stride; // [n_tokens] rows of n_rep*n_embd_head; strides in numbers
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
    int n_rep;                // query heads per key-value head
    float scale;              // of the scores
    bool causal;              // token i sees tokens 0..i only, and what is in front
    bool allow_bf16 = false;  // may round what it multiplies to BF16, where that is faster
    bool stored_bf16 = false; // only where bf16 and attention_stores_bf16()
};

// Static, so that no file takes these from one that is compiled for another CPU.
static inline int attention_n_keys(const attention_params & p) {
    return p.n_prefix + p.n_tokens;
}

static inline int attention_n_seen(const attention_params & p, int token) {
    return p.causal ? p.n_prefix + token + 1 : attention_n_keys(p);
}

// The components of a token's head; number: float or BF16, as they are stored.
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

// Of floats, what is in front being the first.
static inline const float * attention_key(const attention_params & p, int j) {
    return j < p.n_prefix ? p.k_prefix + j * p.prefix_stride : attention_own_key(p, j - p.n_prefix);
}

static inline const float * attention_value(const attention_params & p, int j) {
    return j < p.n_prefix ? p.v_prefix + j * p.prefix_stride : attention_own_value(p, j - p.n_prefix);
}

// Whether attention() takes and gives BF16 too.
bool attention_stores_bf16(int n_embd_head);

// Floats of scratch that attention() needs for so many keys.
size_t attention_scratch_size(int n_keys, int n_embd_head);

// scratch has to be aligned to 64 bytes
void attention(const attention_params & p, float * scratch);
