#include "encoder/attention_avx2.h"

#if defined(__AVX2__) && defined(__FMA__)

    #include "encoder/attention_loops.h"

bool attention_avx2_built() {
    return true;
}

void attention_avx2(const attention_params & p, float * scratch) {
    attention_loops(p, scratch);
}

#else

bool attention_avx2_built() {
    return false;
}

void attention_avx2(const attention_params &, float *) {}

#endif
