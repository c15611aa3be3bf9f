// The attention kernels of this build and the choice for this CPU. cmake/kernels.cmake defines VANER_KERNELS_<set> for
// each set.
#include "kernels/attention/attention.h"

#include "kernels/attention/attention_kernels.h"

#include <algorithm>
#include <vector>

static std::vector<attention_kernel> build_kernels() {
    std::vector<attention_kernel> built;
#if defined(VANER_KERNELS_AMX_BF16)
    attention_kernel bf16_amx;
    bf16_amx.name = "AMX BF16";
    bf16_amx.needs = &cpu_features::amx_bf16;
    bf16_amx.head_multiple = 64;
    bf16_amx.rounds_to_bf16 = true;
    bf16_amx.stores_bf16 = true;
    bf16_amx.scratch_size = attention_bf16_amx_scratch_size;
    bf16_amx.run = attention_bf16_amx;
    built.push_back(bf16_amx);
#endif
#if defined(VANER_KERNELS_AVX512BF16)
    attention_kernel bf16_avx512;
    bf16_avx512.name = "AVX-512 BF16";
    bf16_avx512.needs = &cpu_features::avx512bf16;
    bf16_avx512.head_multiple = 32;
    bf16_avx512.rounds_to_bf16 = true;
    bf16_avx512.scratch_size = attention_bf16_avx512_scratch_size;
    bf16_avx512.run = attention_bf16_avx512;
    built.push_back(bf16_avx512);
#endif
#if defined(VANER_KERNELS_AVX512)
    attention_kernel f32_avx512;
    f32_avx512.name = "AVX-512";
    f32_avx512.needs = &cpu_features::avx512;
    f32_avx512.head_multiple = 16;
    f32_avx512.scratch_size = attention_f32_avx512_scratch_size;
    f32_avx512.run = attention_f32_avx512;
    built.push_back(f32_avx512);
#endif
#if defined(VANER_KERNELS_AVX2)
    attention_kernel f32_avx2;
    f32_avx2.name = "AVX2";
    f32_avx2.needs = &cpu_features::avx2;
    f32_avx2.head_multiple = 1;
    f32_avx2.scratch_size = attention_f32_avx2_scratch_size;
    f32_avx2.run = attention_f32_avx2;
    built.push_back(f32_avx2);
#endif
#if defined(VANER_KERNELS_NEON)
    attention_kernel f32_neon;
    f32_neon.name = "NEON";
    f32_neon.needs = &cpu_features::neon;
    f32_neon.head_multiple = 1;
    f32_neon.scratch_size = attention_f32_neon_scratch_size;
    f32_neon.run = attention_f32_neon;
    built.push_back(f32_neon);
#endif
    attention_kernel f32_loops;
    f32_loops.name = "plain loops";
    f32_loops.head_multiple = 1;
    f32_loops.scratch_size = attention_f32_loops_scratch_size;
    f32_loops.run = attention_f32_loops;
    built.push_back(f32_loops);
    return built;
}

const attention_kernel * attention_kernels_built(size_t & n) {
    static const std::vector<attention_kernel> built = build_kernels();
    n = built.size();
    return built.data();
}

static const attention_kernel & choose(int n_embd_head, bool allow_bf16) {
    size_t n;
    const attention_kernel * built = attention_kernels_built(n);
    return *std::find_if(built, built + n, [&](const attention_kernel & k) {
        return (!k.needs || cpu_features_get().*k.needs) && n_embd_head % k.head_multiple == 0 &&
            (allow_bf16 || !k.rounds_to_bf16);
    });
}

const char * attention_kernel_name(int n_embd_head, bool allow_bf16) {
    return choose(n_embd_head, allow_bf16).name;
}

bool attention_stores_bf16(int n_embd_head) {
    return choose(n_embd_head, true).stores_bf16;
}

size_t attention_scratch_size(int n_keys, int n_embd_head) {
    return std::max(choose(n_embd_head, false).scratch_size(n_keys, n_embd_head),
        choose(n_embd_head, true).scratch_size(n_keys, n_embd_head));
}

void attention(const attention_params & p, float * scratch) {
    choose(p.n_embd_head, p.allow_bf16).run(p, scratch);
}
