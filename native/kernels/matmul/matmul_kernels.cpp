// The kernel sets of this build and the choice for this CPU. cmake/kernels.cmake defines VANER_KERNELS_<set> for each.
#include "kernels/matmul/matmul_kernels.h"

#include "kernels/matmul/bf16_amx.h"
#include "kernels/matmul/block/block_kernels.h"
#include "kernels/matmul/block/block_panels.h"
#include "kernels/matmul/row/row_kernels.h"
#include "kernels/matmul/row/row_panels.h"
#include "kernels/matmul/row/row_panels_neon.h"

#include <vector>

#if defined(VANER_KERNELS_AVX512VNNI)
static matmul_kernels row_kernels_avx512_quantize() {
    matmul_kernels k;
    k.scales = int8_scales::rows;
    k.activations = activation_layout::row_bytes;
    k.prepacked_size = row_prepacked_size;
    k.prepack = row_prepack_avx512;
    k.quantize_from_f32 = row_quantize_from_f32_avx512;
    k.quantize_from_rms_norm = row_quantize_from_rms_norm_avx512;
    k.quantize_from_bf16 = row_quantize_from_bf16_avx512;
    k.swiglu = row_swiglu_to_bf16_avx512;
    return k;
}

static matmul_kernels row_kernels_avx512() {
    matmul_kernels k = row_kernels_avx512_quantize();
    k.name = "AVX-512 VNNI, row scales";
    k.needs = &cpu_features::avx512vnni;
    k.swiglu_rows = 56;
    k.multiply = row_multiply_avx512;
    k.multiply_swiglu = row_multiply_swiglu_avx512;
    return k;
}

static matmul_kernels block_kernels_avx512() {
    matmul_kernels k;
    k.name = "AVX-512 VNNI";
    k.needs = &cpu_features::avx512vnni;
    k.scales = int8_scales::blocks;
    k.activations = activation_layout::block_bytes;
    k.swiglu_rows = 48;
    k.prepacked_size = block_prepacked_size_vnni_512;
    k.prepack = block_prepack_vnni_512;
    k.multiply = block_multiply_avx512;
    k.quantize_from_f32 = block_quantize_from_f32_avx512;
    k.quantize_from_rms_norm = block_quantize_from_rms_norm_avx512;
    k.swiglu = block_quantize_from_swiglu_avx512;
    return k;
}
#endif

#if defined(VANER_KERNELS_AMX_INT8)
static matmul_kernels row_kernels_amx() {
    matmul_kernels k = row_kernels_avx512_quantize();
    k.name = "AMX int8, row scales";
    k.needs = &cpu_features::amx_int8;
    k.swiglu_rows = 256;
    k.multiply = row_multiply_amx;
    k.multiply_swiglu = row_multiply_swiglu_amx;
    k.multiply_to_bf16 = row_multiply_to_bf16_amx;
    return k;
}
#endif

#if defined(VANER_KERNELS_AMX_BF16)
static matmul_kernels bf16_kernels_amx() {
    matmul_kernels k;
    k.name = "AMX BF16";
    k.needs = &cpu_features::amx_bf16;
    k.scales = int8_scales::blocks;
    k.activations = activation_layout::bf16;
    k.swiglu_rows = 256;
    k.prepacked_size = bf16_prepacked_size_amx;
    k.prepack = bf16_prepack_amx;
    k.multiply = bf16_multiply_amx;
    k.quantize_from_f32 = bf16_quantize_from_f32_amx;
    k.quantize_from_rms_norm = bf16_quantize_from_rms_norm_amx;
    k.swiglu = bf16_quantize_from_swiglu_amx;
    return k;
}
#endif

#if defined(VANER_KERNELS_AVX2)
static matmul_kernels block_kernels_avx2() {
    matmul_kernels k;
    k.name = "AVX2";
    k.needs = &cpu_features::avx2;
    k.scales = int8_scales::blocks;
    k.activations = activation_layout::block_bytes_and_words;
    k.swiglu_rows = 48;
    k.prepacked_size = block_prepacked_size_avx2;
    k.prepack = block_prepack_avx2;
    k.multiply = block_multiply_avx2;
    k.quantize_from_f32 = block_quantize_centred_from_f32_avx2;
    k.quantize_from_rms_norm = block_quantize_centred_from_rms_norm_avx2;
    k.swiglu = block_quantize_centred_from_swiglu_avx2;
    return k;
}
#endif

#if defined(VANER_KERNELS_AVXVNNI) || defined(VANER_KERNELS_AVX512VNNI)
// 256-bit VNNI in either encoding; quantizes with AVX2.
static matmul_kernels row_kernels_vnni_256(bool cpu_features::*needs, void (*multiply)(const multiply_params & p)) {
    matmul_kernels k;
    k.name = "AVX-VNNI, row scales";
    k.needs = needs;
    k.scales = int8_scales::rows;
    k.activations = activation_layout::row_bytes;
    k.swiglu_rows = 48;
    k.prepacked_size = row_prepacked_size;
    k.prepack = row_prepack_avx2;
    k.multiply = multiply;
    k.quantize_from_f32 = row_quantize_from_f32_avx2;
    k.quantize_from_rms_norm = row_quantize_from_rms_norm_avx2;
    k.quantize_from_bf16 = row_quantize_from_bf16_avx2;
    k.swiglu = row_swiglu_to_bf16_avx2;
    return k;
}

static matmul_kernels block_kernels_vnni_256(bool cpu_features::*needs, void (*multiply)(const multiply_params & p)) {
    matmul_kernels k;
    k.name = "AVX-VNNI";
    k.needs = needs;
    k.scales = int8_scales::blocks;
    k.activations = activation_layout::block_bytes;
    k.swiglu_rows = 48;
    k.prepacked_size = block_prepacked_size_vnni_256;
    k.prepack = block_prepack_vnni_256;
    k.multiply = multiply;
    k.quantize_from_f32 = block_quantize_from_f32_avx2;
    k.quantize_from_rms_norm = block_quantize_from_rms_norm_avx2;
    k.swiglu = block_quantize_from_swiglu_avx2;
    return k;
}
#endif

#if defined(VANER_KERNELS_NEON)
static matmul_kernels row_kernels_neon_quantize() {
    matmul_kernels k;
    k.scales = int8_scales::rows;
    k.activations = activation_layout::row_bytes;
    k.most_inputs = MOST_ROW_INPUTS_NEON;
    k.swiglu_rows = 48;
    k.prepacked_size = row_prepacked_size_neon;
    k.quantize_from_f32 = row_quantize_from_f32_neon;
    k.quantize_from_rms_norm = row_quantize_from_rms_norm_neon;
    k.quantize_from_bf16 = row_quantize_from_bf16_neon;
    k.swiglu = row_swiglu_to_bf16_neon;
    return k;
}

static matmul_kernels block_kernels_neon_quantize() {
    matmul_kernels k;
    k.scales = int8_scales::blocks;
    k.activations = activation_layout::block_bytes;
    k.swiglu_rows = 48;
    k.quantize_from_f32 = block_quantize_from_f32_neon;
    k.quantize_from_rms_norm = block_quantize_from_rms_norm_neon;
    k.swiglu = block_quantize_from_swiglu_neon;
    return k;
}
#endif

#if defined(VANER_KERNELS_NEON_I8MM)
static matmul_kernels row_kernels_neon_i8mm() {
    matmul_kernels k = row_kernels_neon_quantize();
    k.name = "NEON i8mm, row scales";
    k.needs = &cpu_features::neon_i8mm;
    k.prepack = row_prepack_neon_i8mm;
    k.multiply = row_multiply_neon_i8mm;
    k.multiply_swiglu = row_multiply_swiglu_neon_i8mm;
    return k;
}

static matmul_kernels block_kernels_neon_i8mm() {
    matmul_kernels k = block_kernels_neon_quantize();
    k.name = "NEON i8mm";
    k.needs = &cpu_features::neon_i8mm;
    k.prepacked_size = block_prepacked_size_neon_i8mm;
    k.prepack = block_prepack_neon_i8mm;
    k.multiply = block_multiply_neon_i8mm;
    return k;
}
#endif

#if defined(VANER_KERNELS_NEON_DOTPROD)
static matmul_kernels row_kernels_neon_dotprod() {
    matmul_kernels k = row_kernels_neon_quantize();
    k.name = "NEON dotprod, row scales";
    k.needs = &cpu_features::neon_dotprod;
    k.prepack = row_prepack_neon_dotprod;
    k.multiply = row_multiply_neon_dotprod;
    k.multiply_swiglu = row_multiply_swiglu_neon_dotprod;
    return k;
}

static matmul_kernels block_kernels_neon_dotprod() {
    matmul_kernels k = block_kernels_neon_quantize();
    k.name = "NEON dotprod";
    k.needs = &cpu_features::neon_dotprod;
    k.prepacked_size = block_prepacked_size_neon_dotprod;
    k.prepack = block_prepack_neon_dotprod;
    k.multiply = block_multiply_neon_dotprod;
    return k;
}
#endif

static std::vector<matmul_kernels> build_kernels() {
    std::vector<matmul_kernels> built;
#if defined(VANER_KERNELS_AMX_INT8)
    built.push_back(row_kernels_amx());
#endif
#if defined(VANER_KERNELS_AVX512VNNI)
    built.push_back(row_kernels_avx512());
#endif
#if defined(VANER_KERNELS_AVXVNNI)
    built.push_back(row_kernels_vnni_256(&cpu_features::avxvnni, row_multiply_avxvnni));
#endif
#if defined(VANER_KERNELS_AVX512VNNI)
    built.push_back(row_kernels_vnni_256(&cpu_features::avxvnni_evex, row_multiply_avx512vl));
#endif
#if defined(VANER_KERNELS_AMX_BF16)
    built.push_back(bf16_kernels_amx());
#endif
#if defined(VANER_KERNELS_AVX512VNNI)
    built.push_back(block_kernels_avx512());
#endif
#if defined(VANER_KERNELS_AVXVNNI)
    built.push_back(block_kernels_vnni_256(&cpu_features::avxvnni, block_multiply_avxvnni));
#endif
#if defined(VANER_KERNELS_AVX512VNNI)
    built.push_back(block_kernels_vnni_256(&cpu_features::avxvnni_evex, block_multiply_avx512vl));
#endif
#if defined(VANER_KERNELS_AVX2)
    built.push_back(block_kernels_avx2());
#endif
#if defined(VANER_KERNELS_NEON_I8MM)
    built.push_back(row_kernels_neon_i8mm());
    built.push_back(block_kernels_neon_i8mm());
#endif
#if defined(VANER_KERNELS_NEON_DOTPROD)
    built.push_back(row_kernels_neon_dotprod());
    built.push_back(block_kernels_neon_dotprod());
#endif
    return built;
}

const matmul_kernels * matmul_kernels_built(size_t & n) {
    static const std::vector<matmul_kernels> built = build_kernels();
    n = built.size();
    return built.data();
}

static const matmul_kernels * choose(int8_scales scales) {
    size_t n;
    const matmul_kernels * built = matmul_kernels_built(n);
    for (size_t i = 0; i < n; ++i) {
        if (built[i].scales == scales && cpu_features_get().*built[i].needs) {
            return &built[i];
        }
    }
    return scales == int8_scales::rows ? choose(int8_scales::blocks) : nullptr;
}

const matmul_kernels * matmul_kernels_get(int8_scales scales, int n_in) {
    static const matmul_kernels * const rows = choose(int8_scales::rows);
    static const matmul_kernels * const blocks = choose(int8_scales::blocks);
    return scales == int8_scales::rows && rows && n_in <= rows->most_inputs ? rows : blocks;
}
