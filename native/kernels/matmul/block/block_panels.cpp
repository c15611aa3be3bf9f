#include "kernels/matmul/block/block_panels.h"

#include "kernels/matmul/ggml_blocks.h"
#include "kernels/matmul/matmul_kernels.h"
#include "kernels/simd/scalar.h"

#include <cstring>

static void put(narrow_block & block, int output, const int8_t * weight, float scale) {
    int sums[2] = { 0, 0 };
    for (int i = 0; i < 32; i += 4) {
        memcpy(block.weight[i / 4][output], weight + i, 4);
        sums[0] += weight[i] + weight[i + 1];
        sums[1] += weight[i + 2] + weight[i + 3];
    }
    for (int i = 0; i < 2; ++i) {
        block.offset[output][i] = (int16_t) (uint16_t) (-128 * sums[i]);
    }
    block.scale[output] = scale;
}

static void put(wide_block & block, int output, const int8_t * weight, float scale) {
    int16_t words[32];
    for (int i = 0; i < 32; ++i) {
        words[i] = weight[i];
    }
    for (int i = 0; i < 16; ++i) {
        memcpy(block.weight[i][output], words + i * 2, sizeof(block.weight[i][output]));
    }
    block.scale[output] = scale / WORD_STEPS;
}

static int sum_of(const int8_t * weight) {
    int sum = 0;
    for (int i = 0; i < 32; ++i) {
        sum += weight[i];
    }
    return sum;
}

template <int n_outputs>
static void put(vnni_block<n_outputs> & block, int output, const int8_t * weight, float scale) {
    const int sum = sum_of(weight);
    for (int i = 0; i < 8; ++i) {
        memcpy(block.weight[i][output], weight + i * 4, 4);
    }
    for (int i = 0; i < 3; ++i) {
        block.offset[i][output] = -64 * (i + 1) * sum;
    }
    block.scale[output] = scale;
}

static void put(dotprod_block & block, int output, const int8_t * weight, float scale) {
    for (int i = 0; i < 8; ++i) {
        memcpy(block.weight[i][output], weight + i * 4, 4);
    }
    block.offset[output] = 64 * sum_of(weight);
    block.scale[output] = scale;
}

static void put(i8mm_block & block, int output, const int8_t * weight, float scale) {
    for (int i = 0; i < 4; ++i) {
        memcpy(block.weight[i][output], weight + i * 8, 8);
    }
    for (int copy = 0; copy < 2; ++copy) {
        block.offset[output / 2][copy][output % 2] = 64 * sum_of(weight);
        block.scale[output / 2][copy][output % 2] = scale;
    }
}

template <int n_outputs, typename block>
static void prepack(weight_format format, const uint8_t * source, int n_in, int n_out, block * panels) {
    const int n_blocks = n_in / 32;
    int8_t weight[32];
    if (n_out % n_outputs != 0) {
        memset((void *) (panels + (size_t) (n_out / n_outputs) * n_blocks), 0, n_blocks * sizeof(block));
    }
    for (int output = 0; output < n_out; ++output) {
        block * panel = panels + (size_t) (output / n_outputs) * n_blocks;
        for (int b = 0; b < n_blocks; ++b, source += ggml_block_size(format)) {
            const float scale = ggml_block_decode(format, source, weight);
            put(panel[b], output % n_outputs, weight, scale);
        }
    }
}

size_t block_prepacked_size_avx2(weight_format format, int n_in, int n_out) {
    const size_t n_blocks = (size_t) ceil_div(n_out, 16) * (n_in / 32);
    return n_blocks * (format == weight_format::q8_0 ? sizeof(wide_block) : sizeof(narrow_block));
}

void block_prepack_avx2(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    if (format == weight_format::q8_0) {
        prepack<16>(format, (const uint8_t *) rows, n_in, n_out, (wide_block *) panels);
    } else {
        prepack<16>(format, (const uint8_t *) rows, n_in, n_out, (narrow_block *) panels);
    }
}

template <int n_outputs> static size_t vnni_size(int n_in, int n_out) {
    return (size_t) ceil_div(n_out, n_outputs) * (n_in / 32) * sizeof(vnni_block<n_outputs>);
}

size_t block_prepacked_size_vnni_256(weight_format, int n_in, int n_out) {
    return vnni_size<16>(n_in, n_out);
}

void block_prepack_vnni_256(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    prepack<16>(format, (const uint8_t *) rows, n_in, n_out, (vnni_block<16> *) panels);
}

size_t block_prepacked_size_vnni_512(weight_format, int n_in, int n_out) {
    return vnni_size<32>(n_in, n_out);
}

void block_prepack_vnni_512(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    prepack<32>(format, (const uint8_t *) rows, n_in, n_out, (vnni_block<32> *) panels);
}

size_t block_prepacked_size_neon_dotprod(weight_format, int n_in, int n_out) {
    return (size_t) ceil_div(n_out, 8) * (n_in / 32) * sizeof(dotprod_block);
}

void block_prepack_neon_dotprod(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    prepack<8>(format, (const uint8_t *) rows, n_in, n_out, (dotprod_block *) panels);
}

size_t block_prepacked_size_neon_i8mm(weight_format, int n_in, int n_out) {
    return (size_t) ceil_div(n_out, 8) * (n_in / 32) * sizeof(i8mm_block);
}

void block_prepack_neon_i8mm(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    prepack<8>(format, (const uint8_t *) rows, n_in, n_out, (i8mm_block *) panels);
}
