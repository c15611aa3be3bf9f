#include "kernels/attention/attention.h"

#include "kernels/attention/attention_bf16_amx.h"
#include "kernels/attention/attention_bf16_avx512.h"
#include "kernels/attention/attention_f32_avx2.h"
#include "kernels/attention/attention_f32_avx512.h"
#include "kernels/attention/attention_f32_loops.h"
#include "kernels/cpu_features.h"

#include <algorithm>

static bool use_avx512(int n_embd_head) {
    return n_embd_head % 16 == 0 && attention_avx512_built() && cpu_features_get().avx512;
}

static bool use_avx512bf16(int n_embd_head) {
    return n_embd_head % 32 == 0 && attention_avx512bf16_built() && cpu_features_get().avx512bf16;
}

static bool use_amx(int n_embd_head) {
    return n_embd_head % 64 == 0 && attention_amx_built() && cpu_features_get().amx_bf16;
}

static bool use_avx2() {
    return attention_avx2_built() && cpu_features_get().avx2;
}

bool attention_stores_bf16(int n_embd_head) {
    return use_amx(n_embd_head);
}

size_t attention_scratch_size(int n_keys, int n_embd_head) {
    const size_t floats = use_avx512(n_embd_head) ? attention_avx512_scratch(n_keys, n_embd_head)
        : use_avx2()                              ? attention_avx2_scratch(n_keys, n_embd_head)
                                                  : scratch_of_loops(n_keys, n_embd_head);
    const size_t bf16 = use_amx(n_embd_head) ? attention_amx_scratch(n_keys, n_embd_head)
        : use_avx512bf16(n_embd_head)        ? attention_avx512bf16_scratch(n_keys, n_embd_head)
                                             : 0;
    return std::max(floats, bf16);
}

void attention(const attention_params & p, float * scratch) {
    if (p.allow_bf16 && use_amx(p.n_embd_head)) {
        attention_amx(p, scratch);
    } else if (p.allow_bf16 && use_avx512bf16(p.n_embd_head)) {
        attention_avx512bf16(p, scratch);
    } else if (use_avx512(p.n_embd_head)) {
        attention_avx512(p, scratch);
    } else if (use_avx2()) {
        attention_avx2(p, scratch);
    } else {
        attention_loops(p, scratch);
    }
}
