#pragma once

#include <cstddef>
#include <cstdint>

// Attention of one sequence for the query heads that share one key-value head, in F32, without a mask.
struct attention_params {
    const float * q;
    size_t q_stride; // [n_tokens] rows of n_rep*n_embd_head; strides in floats
    const float * k;
    size_t k_stride; // [n_tokens] rows of n_embd_head
    const float * v;
    size_t v_stride;
    float * out;
    size_t out_stride;

    int n_tokens;
    int n_embd_head;
    int n_rep;   // query heads per key-value head
    float scale; // of the scores
    bool causal; // token i sees tokens 0..i only
};

// Floats of scratch that attention() needs.
size_t attention_scratch(int n_tokens, int n_embd_head);

// scratch has to be aligned to 64 bytes
void attention(const attention_params & p, float * scratch);
