#include "encoder/attention.h"

#include "cpu_features.h"
#include "encoder/attention_avx2.h"
#include "encoder/attention_avx512.h"
#include "encoder/attention_loops.h"

static bool use_avx512(int n_embd_head) {
    return n_embd_head % 16 == 0 && attention_avx512_built() && cpu_features_get().avx512;
}

size_t attention_scratch(int n_keys, int n_embd_head) {
    return use_avx512(n_embd_head) ? attention_avx512_scratch(n_keys, n_embd_head)
                                   : scratch_of_loops(n_keys, n_embd_head);
}

void attention(const attention_params & p, float * scratch) {
    static const bool avx2 = attention_avx2_built() && cpu_features_get().avx2;
    if (use_avx512(p.n_embd_head)) {
        attention_avx512(p, scratch);
    } else if (avx2) {
        attention_avx2(p, scratch);
    } else {
        attention_loops(p, scratch);
    }
}
