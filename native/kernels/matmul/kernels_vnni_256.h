// The paths whose products are vpdpbusd's on vectors of 256 bits, which exists in two encodings: included by one file for each.
#pragma once

#include "kernels/matmul/block/block_avx2.h"
#include "kernels/matmul/block/block_vnni.h"
#include "kernels/matmul/block/block_vnni_256.h"
#include "kernels/matmul/row/row_avx2.h"
#include "kernels/matmul/row/row_vnni_256.h"

static const matmul_kernels * vnni_256_blocks() {
    using product = vnni_product<vector_256>;
    static const matmul_kernels path = { "AVX-VNNI", activation_kind::bytes, 48, vnni_panels_size<product::OUTPUTS>,
        vnni_pack_panels<product::OUTPUTS>, product::multiply, int8_avx2_quantize, int8_avx2_rms_norm_quantize,
        int8_avx2_swiglu_quantize, nullptr, nullptr, nullptr };
    return &path;
}

static const matmul_kernels * vnni_256_rows() {
    static const matmul_kernels path = { "AVX-VNNI, a scale for each row", activation_kind::row_bytes, 48,
        rowwise_panels_size, rowwise_avx2_pack, rowwise_256::multiply, rowwise_avx2_quantize,
        rowwise_avx2_rms_norm_quantize, rowwise_avx2_swiglu, rowwise_avx2_quantize_bf16, nullptr, nullptr };
    return &path;
}
