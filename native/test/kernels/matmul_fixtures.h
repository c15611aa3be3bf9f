// Weights and activations for the tests of matrix products.
#pragma once

#include "kernels/matmul/activations.h"
#include "kernels/matmul/matmul_kernels.h"
#include "kernels/matmul/prepacked_matrix.h"
#include "test/kernels/bf16.h"
#include "test/test.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <vector>

static const weight_format FORMATS[] = { weight_format::q8_0, weight_format::q5_0, weight_format::q4_0 };

inline int lowest(weight_format format) {
    return format == weight_format::q8_0 ? -128 : format == weight_format::q5_0 ? -16 : -8;
}

// Integer weights with a scale for each 32, and the same in ggml's blocks.
struct source_weights {
    weight_format format;
    int n_in;
    int n_out;
    std::vector<int> values;
    std::vector<double> scales;
    std::vector<uint8_t> rows;

    // value(): an integer within the format's range. Scales are powers of two and others, some denormal or negative as
    // halves, unless same_scale.
    template <typename generator>
    source_weights(weight_format format, int n_in, int n_out, generator value, bool same_scale = false)
        : format(format), n_in(n_in), n_out(n_out) {
        const uint16_t halves[] = { 0x2400, 0xa600, 0x3555, 0x0001, 0x83ff };
        const double numbers[] = { 0x1p-6, -0x1.8p-6, 0x1.554p-2, 0x1p-24, -0x1.ff8p-15 };
        for (int block = 0; block < n_out * n_in / 32; ++block) {
            const int kind = block % 7 < 5 && !same_scale ? block % 7 : 0;
            scales.push_back(numbers[kind]);
            rows.push_back(halves[kind] & 255);
            rows.push_back(halves[kind] >> 8);
            std::vector<uint8_t> stored;
            for (int i = 0; i < 32; ++i) {
                const int v = value();
                values.push_back(v);
                stored.push_back((uint8_t) (format == weight_format::q8_0 ? v : v - lowest(format)));
            }
            append(stored);
        }
    }

    // A matrix and its memory.
    struct held_matrix {
        struct free_aligned {
            void operator()(void * p) const { ::operator delete(p, std::align_val_t(64)); }
        };
        std::unique_ptr<void, free_aligned> memory;
        prepacked_matrix matrix;

        const prepacked_matrix * operator->() const { return &matrix; }
        const prepacked_matrix & operator*() const { return matrix; }
    };

    // Failures name the kernels, the format and the shape from here on.
    void set_checking(int8_scales kind, int n_rows) const {
        const char * name = format == weight_format::q8_0 ? "Q8_0" : format == weight_format::q5_0 ? "Q5_0" : "Q4_0";
        g_checking = vaner_format("%s, %s, n_in %d, n_out %d", prepacked_matrix::kernels_name(kind), name, n_in, n_out);
        g_checking += n_rows > 0 ? vaner_format(", n_rows %d", n_rows) : "";
    }

    held_matrix prepack(int8_scales kind) const {
        set_checking(kind, 0);
        std::vector<uint8_t> shifted(rows.size() + 1); // blocks are not aligned
        memcpy(shifted.data() + 1, rows.data(), rows.size());
        const size_t size = prepacked_matrix::prepacked_size(kind, format, n_in, n_out);
        CHECK(size % 64 == 0 && size >= (size_t) n_in * n_out);
        std::unique_ptr<void, held_matrix::free_aligned> memory(::operator new(size, std::align_val_t(64)));
        void * p = memory.get();
        return { std::move(memory), prepacked_matrix(kind, format, shifted.data() + 1, n_in, n_out, p) };
    }

private:
    void append(const std::vector<uint8_t> & stored) {
        if (format == weight_format::q8_0) {
            rows.insert(rows.end(), stored.begin(), stored.end());
            return;
        }
        for (int byte = 0; byte < 4 && format == weight_format::q5_0; ++byte) {
            uint8_t fifth_bits = 0;
            for (int i = 0; i < 8; ++i) {
                fifth_bits |= (stored[byte * 8 + i] >> 4) << i;
            }
            rows.push_back(fifth_bits);
        }
        for (int i = 0; i < 16; ++i) {
            rows.push_back((stored[i] & 15) | (stored[i + 16] & 15) << 4);
        }
    }
};

inline source_weights random_weights(weight_format format, int n_in, int n_out, unsigned seed) {
    std::mt19937 random(seed);
    return source_weights(
        format, n_in, n_out, [&] { return lowest(format) + (int) (random() % (unsigned) (-2 * lowest(format))); });
}

inline std::vector<float> random_values(size_t n, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> values(n);
    for (float & v : values) {
        v = normal(random) * (random() % 50 == 0 ? 30.0f : 1.0f);
    }
    return values;
}

inline activation_layout layout_of(int8_scales kind) {
    return matmul_kernels_get(kind, 32)->activations;
}

// Whether activations are BF16 instead of integers.
inline bool is_bf16(int8_scales kind) {
    return layout_of(kind) == activation_layout::bf16;
}

// Whether a row has one scale. A CPU without kernels for row scales uses block scales.
inline bool has_row_scale(int8_scales kind) {
    return layout_of(kind) == activation_layout::row_bytes;
}

static const int8_scales KINDS[] = { int8_scales::blocks, int8_scales::rows };

// A row as kernels for row scales rotate it (row_rotation.h), spelled out as sums. Without `signs` all terms are added:
// of magnitudes, a bound for what errors of the numbers can become.
inline std::vector<double> rotated(const std::vector<double> & x, bool signs = true) {
    const size_t n_vectors = x.size() / 16;
    std::vector<double> result;
    for (size_t first = 0, n = 16; first < n_vectors; first += n) {
        while (n > n_vectors - first) {
            n /= 2;
        }
        for (size_t i = 0; i < n * 16; ++i) {
            double sum = 0;
            for (size_t other = 0; other < n; ++other) {
                size_t common = i / 16 & other;
                bool minus = false;
                for (; common; common &= common - 1) {
                    minus = !minus;
                }
                sum += (minus && signs ? -1 : 1) * x[(first + other) * 16 + i % 16];
            }
            result.push_back(sum / std::sqrt((double) n));
        }
    }
    return result;
}

// A quantized row, read back.
struct quantized {
    int8_scales kind;
    int n_in;
    std::vector<uint8_t> bytes;

    quantized(int8_scales kind, int n_in) : kind(kind), n_in(n_in), bytes(activation_row_size(kind, n_in) + 64, 0xee) {}

    int value(int i) const { return (int) bytes[i] - (has_row_scale(kind) ? 128 : block_of(i / 32).zero); }

    int word(int i) const {
        int16_t w;
        memcpy(&w, bytes.data() + block_bytes_size(n_in) + i * sizeof(w), sizeof(w));
        return w;
    }

    double bf16(int i) const {
        uint16_t half;
        memcpy(&half, bytes.data() + i * sizeof(half), sizeof(half));
        const uint32_t bits = (uint32_t) half << 16;
        float v;
        memcpy(&v, &bits, sizeof(v));
        return v;
    }

    // In units of the scale, as it is multiplied with weights of this format.
    double steps(int i, weight_format format) const {
        return is_centred() && format == weight_format::q8_0 ? word(i) / (double) WORD_STEPS : value(i);
    }
    float scale(int block) const { return has_row_scale(kind) ? row_scale() : block_of(block).scale; }

    float row_scale() const {
        float scale;
        memcpy(&scale, bytes.data() + row_bytes_scale_offset(n_in), sizeof(scale));
        return scale;
    }

    block_scale block_of(int block) const {
        block_scale b;
        memcpy(&b, bytes.data() + n_in + block * sizeof(b), sizeof(b));
        return b;
    }

    // Whether the zero point is always 128, and there are words too.
    static bool is_centred() { return layout_of(int8_scales::blocks) == activation_layout::block_bytes_and_words; }

    bool stays_inside() const {
        return std::all_of(bytes.end() - 64, bytes.end(), [](uint8_t b) { return b == 0xee; });
    }
};

inline std::vector<uint8_t> quantize_rows(int8_scales kind, const std::vector<float> & x, int n_in) {
    const size_t size = activation_row_size(kind, n_in);
    CHECK(size % 64 == 0);
    std::vector<uint8_t> rows(x.size() / n_in * size);
    for (size_t row = 0; row < x.size() / n_in; ++row) {
        quantize_from_f32(kind, x.data() + row * n_in, n_in, rows.data() + row * size);
    }
    return rows;
}
