// The attention kernels of each instruction set, and the table that attention.cpp chooses from.
#pragma once

#include "kernels/attention/attention.h"
#include "kernels/cpu_features.h"

// attention.cpp assigns the members by name; test_attention finds a member that was forgotten.
struct attention_kernel {
    const char * name = nullptr;
    bool cpu_features::*needs = nullptr; // NULL: runs on any CPU
    int head_multiple = 0;               // runs for n_embd_head that are multiples of this
    bool rounds_to_bf16 = false;         // only where attention_params::allow_bf16
    bool stores_bf16 = false;            // reads and writes BF16 too
    size_t (*scratch_size)(int n_keys, int n_embd_head) = nullptr;
    void (*run)(const attention_params & p, float * scratch) = nullptr;
};

// The n kernels of this build, the fastest first.
const attention_kernel * attention_kernels_built(size_t & n);

// Plain loops, for any CPU.
size_t attention_f32_loops_scratch_size(int n_keys, int n_embd_head);
void attention_f32_loops(const attention_params & p, float * scratch);

// The fastest for heads whose size is a multiple of 8.
size_t attention_f32_avx2_scratch_size(int n_keys, int n_embd_head);
void attention_f32_avx2(const attention_params & p, float * scratch);

size_t attention_f32_avx512_scratch_size(int n_keys, int n_embd_head);
void attention_f32_avx512(const attention_params & p, float * scratch);

// The fastest for heads whose size is a multiple of 4.
size_t attention_f32_neon_scratch_size(int n_keys, int n_embd_head);
void attention_f32_neon(const attention_params & p, float * scratch);

// Queries, keys, values and weights are rounded to BF16, sums are F32.
size_t attention_bf16_avx512_scratch_size(int n_keys, int n_embd_head);
void attention_bf16_avx512(const attention_params & p, float * scratch);
size_t attention_bf16_amx_scratch_size(int n_keys, int n_embd_head);
void attention_bf16_amx(const attention_params & p, float * scratch);
