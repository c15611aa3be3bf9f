#include "kernels/attention/attention_f32_loops.h"

#include "kernels/attention/attention_kernels.h"

size_t attention_f32_loops_scratch_size(int n_keys, int n_embd_head) {
    return loops_scratch_size(n_keys, n_embd_head);
}

void attention_f32_loops(const attention_params & p, float * scratch) {
    attention_loops(p, scratch);
}
