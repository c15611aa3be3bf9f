// Products of prepacked weights, in 8-bit integers or BF16, against plain sums in F64, for all shapes. Results are
// bit-identical in every batch.

#include "test/kernels/matmul_fixtures.h"

#include <limits>

static const float INFINITE = std::numeric_limits<float>::infinity();

// Weights as the kernels multiply them.
class multiplied_weights {
public:
    multiplied_weights(const source_weights & w, int8_scales kind, const prepacked_matrix & matrix) : w(w), kind(kind) {
        if (has_row_scale(kind)) {
            read_back(matrix);
        }
    }

    // The unit of value(), so that sums of products of integers are exact in the test too.
    double unit(int output, int i) const {
        return has_row_scale(kind) ? scales[output] : is_bf16(kind) ? 1.0 : block_scale(output, i);
    }

    double value(int output, int i) const {
        if (is_bf16(kind)) {
            return bf16_of(exact(output, i));
        }
        return has_row_scale(kind) ? steps[(size_t) i * w.n_out + output] : w.values[(size_t) output * w.n_in + i];
    }

private:
    double block_scale(int output, int i) const { return w.scales[((size_t) output * w.n_in + i) / 32]; }
    double exact(int output, int i) const { return w.values[(size_t) output * w.n_in + i] * block_scale(output, i); }

    // The rounding of rotated weights is not known exactly: products with one input at a time read the weights back.
    void read_back(const prepacked_matrix & matrix) {
        const size_t row_size = activation_row_size(kind, w.n_in);
        std::vector<uint8_t> rows(w.n_in * row_size, 128);
        const float one = 1.0f;
        for (int i = 0; i < w.n_in; ++i) {
            rows[i * row_size + i] = 129;
            memcpy(&rows[i * row_size + row_bytes_scale_offset(w.n_in)], &one, sizeof(one));
        }
        std::vector<float> columns((size_t) w.n_in * w.n_out);
        matrix.multiply(rows.data(), w.n_in, 0, w.n_out, columns.data(), w.n_out);
        for (int output = 0; output < w.n_out; ++output) {
            std::vector<double> row;
            double largest = 0;
            for (int i = 0; i < w.n_in; ++i) {
                row.push_back(exact(output, i));
                largest = std::max(largest, (double) std::fabs(columns[(size_t) i * w.n_out + output]));
            }
            scales.push_back(largest / 127);
            const std::vector<double> expected = rotated(row);
            for (int i = 0; i < w.n_in; ++i) {
                const double found = columns[(size_t) i * w.n_out + output];
                CHECK_AT_MOST(std::fabs(found - expected[i]), 0.5002 * scales[output]);
                CHECK(std::fabs(expected[i]) <= (127 + 1e-4) * scales[output]);
            }
        }
        for (size_t i = 0; i < columns.size(); ++i) {
            const double scale = scales[i % w.n_out];
            steps.push_back(scale == 0 ? 0.0 : std::nearbyint(columns[i] / scale));
        }
    }

    const source_weights & w;
    int8_scales kind;
    std::vector<double> scales; // of the outputs
    std::vector<double> steps;  // [n_in][n_out]
};

// out against sums in F64 of the same numbers.
static void check_against_sums(int8_scales kind, const source_weights & w, const multiplied_weights & weights,
    const std::vector<uint8_t> & x, int n_rows, const std::vector<float> & out, const std::vector<float> & add) {
    w.set_checking(kind, n_rows);
    const size_t row_size = activation_row_size(kind, w.n_in);
    std::vector<double> column(w.n_in);
    double worst = 0;
    for (int output = 0; output < w.n_out; ++output) {
        for (int i = 0; i < w.n_in; ++i) {
            column[i] = weights.value(output, i);
        }
        for (int row = 0; row < n_rows; ++row) {
            quantized q(kind, w.n_in);
            memcpy(q.bytes.data(), x.data() + row * row_size, row_size);
            double sum = add.empty() ? 0.0 : add[row * w.n_out + output];
            double magnitude = std::fabs(sum) + 1e-30;
            for (int block = 0; block < w.n_in / 32; ++block) {
                double products = 0;
                double size = 0; // integers add up exactly, BF16 does not
                for (int i = block * 32; i < block * 32 + 32; ++i) {
                    const double product = column[i] * (is_bf16(kind) ? q.bf16(i) : q.steps(i, w.format));
                    products += product;
                    size += std::fabs(product);
                }
                const double unit = weights.unit(output, block * 32) * (is_bf16(kind) ? 1.0 : q.scale(block));
                sum += products * unit;
                magnitude += (is_bf16(kind) ? size : std::fabs(products)) * std::fabs(unit);
            }
            worst = std::max(worst, std::fabs(out[row * w.n_out + output] - sum) / magnitude);
        }
    }
    CHECK_AT_MOST(worst, 1e-6);
}

static void check_products(int8_scales kind) {
    for (const weight_format format : FORMATS) {
        for (const int n_in : { 32, 64, 96, 576, 1536 }) {
            for (const int n_out : { 1, 16, 31, 50, 192 }) {
                const source_weights w = random_weights(format, n_in, n_out, n_in + n_out);
                const auto matrix = w.prepack(kind);
                const multiplied_weights weights(w, kind, *matrix);
                CHECK(matrix->n_in == n_in && matrix->n_out == n_out);
                for (int n_rows = 1; n_rows <= 67; n_rows += n_in < 100 ? 1 : 6) {
                    const std::vector<uint8_t> x = quantize_rows(kind, random_values(n_rows * n_in, n_rows), n_in);
                    std::vector<float> out(n_rows * n_out, NAN);
                    matrix->multiply(x.data(), n_rows, 0, n_out, out.data(), n_out, nullptr, 0);
                    check_against_sums(kind, w, weights, x, n_rows, out, {});
                }
            }
        }
    }
}

// Weights and activations at either end of their ranges: no sum saturates.
static void check_extremes(int8_scales kind) {
    const bool is_rotated = has_row_scale(kind);
    const int n_in = is_rotated ? 768 : 832;
    const int n_out = 48;
    for (const weight_format format : FORMATS) {
        const int ends[] = { lowest(format), -lowest(format) - 1 };
        for (int pattern = 0; pattern < 4; ++pattern) {
            unsigned i = 0;
            const source_weights w(
                format, n_in, n_out,
                [&] {
                    const int end = ends[i / (pattern < 2 ? 1u << 30 : 1) % 2 ^ pattern % 2];
                    const bool is_first = i++ % n_in % 256 < 16; // of those that are rotated together
                    return is_first || !is_rotated ? end : 0;
                },
                is_rotated);
            std::vector<float> values(4 * n_in);
            for (int k = 0; k < n_in; ++k) {
                values[k] = 2.5f;
                values[n_in + k] = -2.5f;
                values[2 * n_in + k] = k % 2 ? 1e30f : -1e30f;
                values[3 * n_in + k] = k / 2 % 2 ? 1e-30f : -1e-30f;
            }
            if (is_rotated) {
                const std::vector<double> turned = rotated(std::vector<double>(values.begin(), values.end()));
                values.assign(turned.begin(), turned.end());
            }
            const std::vector<uint8_t> x = quantize_rows(kind, values, n_in);
            std::vector<float> out(4 * n_out);
            const auto matrix = w.prepack(kind);
            const multiplied_weights weights(w, kind, *matrix);
            for (int k = 0; k < n_in && is_rotated; ++k) {
                CHECK(x[k] == 255 && std::fabs(weights.value(k % n_out, k)) >= 127 * 7 / 8); // -8 and 7
            }
            matrix->multiply(x.data(), 4, 0, n_out, out.data(), n_out, nullptr, 0);
            check_against_sums(kind, w, weights, x, 4, out, {});
        }
    }
}

// A row gives the same bits alone, in any batch, and however the outputs are divided.
static void check_same_bits(int8_scales kind) {
    const int n_in = 1536;
    const int n_out = 112;
    const int n_rows = 150;
    for (const weight_format format : FORMATS) {
        const source_weights w = random_weights(format, n_in, n_out, 5);
        const auto matrix = w.prepack(kind);
        const std::vector<float> add = random_values(n_rows * n_out, 6);
        const std::vector<uint8_t> x = quantize_rows(kind, random_values(n_rows * n_in, 7), n_in);
        const size_t row_size = activation_row_size(kind, n_in);
        std::vector<float> whole(n_rows * n_out);
        matrix->multiply(x.data(), n_rows, 0, n_out, whole.data(), n_out, add.data(), n_out);
        check_against_sums(kind, w, multiplied_weights(w, kind, *matrix), x, n_rows, whole, add);

        std::vector<float> parts(n_rows * n_out);
        for (int row = 0, n = 1; row < n_rows; row += n, n = std::min(n % 7 + 1, n_rows - row)) {
            matrix->multiply(x.data() + row * row_size, n, 0, n_out, parts.data() + row * n_out, n_out,
                add.data() + row * n_out, n_out);
        }
        CHECK(memcmp(parts.data(), whole.data(), whole.size() * sizeof(float)) == 0);

        std::vector<float> in_place = add;
        for (const int first : { 96, 32, 64, 0 }) {
            const int last = std::min(first + 32, n_out);
            matrix->multiply(
                x.data(), n_rows, first, last, in_place.data() + first, n_out, in_place.data() + first, n_out);
        }
        CHECK(memcmp(in_place.data(), whole.data(), whole.size() * sizeof(float)) == 0);

        std::vector<float> wide(n_rows * 200, -7.0f);
        matrix->multiply(x.data(), n_rows, 32, 64, wide.data() + 32, 200, add.data() + 32, n_out);
        matrix->multiply(x.data(), n_rows, 96, n_out, wide.data() + 96, 200, add.data() + 96, n_out);
        for (int i = 0; i < n_rows * 200; ++i) {
            const int output = i % 200;
            const bool written = (output >= 32 && output < 64) || (output >= 96 && output < n_out);
            CHECK(wide[i] == (written ? whole[i / 200 * n_out + output] : -7.0f));
        }
    }
}

// NaN and infinity propagate within their own row only.
static void check_not_finite(int8_scales kind) {
    for (const weight_format format : FORMATS) {
        const auto matrix = random_weights(format, 96, 40, 9).prepack(kind);
        for (const float bad : { INFINITE, -INFINITE, NAN }) {
            std::vector<float> x = random_values(3 * 96, 10);
            x[96 + 45] = bad;
            const std::vector<uint8_t> rows = quantize_rows(kind, x, 96);
            std::vector<float> out(3 * 40);
            matrix->multiply(rows.data(), 3, 0, 40, out.data(), 40, nullptr, 0);
            for (int i = 0; i < 3 * 40; ++i) {
                CHECK(std::isfinite(out[i]) == (i / 40 != 1));
            }
        }
    }
}

// The fused SwiGLU product is bit-identical to separate steps.
static void check_swiglu(int8_scales kind) {
    const int n_in = 96;
    const int n_out = 160;
    const int n_rows = 101;
    const auto gate = random_weights(weight_format::q5_0, n_in, n_out, 15).prepack(kind);
    const auto up = random_weights(weight_format::q8_0, n_in, n_out, 16).prepack(kind);
    const std::vector<uint8_t> x = quantize_rows(kind, random_values(n_rows * n_in, 17), n_in);
    std::vector<float> gates(n_rows * n_out);
    std::vector<float> ups(n_rows * n_out);
    gate->multiply(x.data(), n_rows, 0, n_out, gates.data(), n_out);
    up->multiply(x.data(), n_rows, 0, n_out, ups.data(), n_out);
    const size_t size = swiglu_row_size(kind, n_out);
    std::vector<uint8_t> expected(n_rows * size, 0x11);
    for (int row = 0; row < n_rows; ++row) {
        swiglu_row(kind, &gates[row * n_out], &ups[row * n_out], n_out, &expected[row * size]);
    }
    std::vector<uint8_t> rows(n_rows * size, 0x11);
    multiply_swiglu(*gate, *up, x.data(), n_rows, 96, n_out, rows.data());
    multiply_swiglu(*gate, *up, x.data(), n_rows, 0, 96, rows.data());
    CHECK(rows == expected);
}

// The product rounded to BF16, with and without rotary embedding.
static void check_bf16_result(int8_scales kind) {
    const int n_in = 96;
    const int n_heads = 3;
    const int n_rows = 77;
    for (const int n_embd_head : { 32, 64, 96 }) {
        const int n_out = n_heads * n_embd_head;
        const int n_half = n_embd_head / 2;
        const auto matrix = random_weights(weight_format::q5_0, n_in, n_out, 18).prepack(kind);
        if (!matrix->can_multiply_to_bf16()) {
            continue;
        }
        const std::vector<uint8_t> x = quantize_rows(kind, random_values(n_rows * n_in, 19), n_in);
        std::vector<float> plain(n_rows * n_out);
        matrix->multiply(x.data(), n_rows, 0, n_out, plain.data(), n_out);

        std::vector<int32_t> positions;
        std::vector<float> cosines, sines;
        for (int row = 0; row < n_rows; ++row) {
            positions.push_back(row * 13 % n_rows);
            for (int i = 0; i < n_half; ++i) {
                cosines.push_back((float) std::cos(row * 0.1 * i));
                sines.push_back((float) std::sin(row * 0.1 * i));
            }
        }
        const rotary_angles angles = { positions.data(), cosines.data(), sines.data(), n_embd_head };
        for (const rotary_angles * turned : { (const rotary_angles *) nullptr, &angles }) {
            const int stride = n_out + 7;
            const uint16_t untouched = 0x4242;
            std::vector<uint16_t> out(n_rows * stride, untouched);
            matrix->multiply_to_bf16(x.data(), n_rows, 32, n_out, out.data() + 32, stride, turned);
            matrix->multiply_to_bf16(x.data(), n_rows, 0, 32, out.data(), stride, turned);
            for (int row = 0; row < n_rows; ++row) {
                for (int output = 0; output < n_out; ++output) {
                    const float * pair = &plain[row * n_out + output / 2 * 2];
                    const size_t at = positions[row] * n_half + output % n_embd_head / 2;
                    const double a = turned ? cosines[at] : 1.0;
                    const double b = turned ? sines[at] : 0.0;
                    const double expected = output % 2 == 0 ? pair[0] * a - pair[1] * b : pair[1] * a + pair[0] * b;
                    const double size = std::fabs(pair[0]) + std::fabs(pair[1]);
                    CHECK_AT_MOST(std::fabs(bf16_value(out[row * stride + output]) - expected),
                        0x1.001p-8 * std::fabs(expected) + 1e-6 * size + 1e-37);
                }
                for (int i = n_out; i < stride; ++i) {
                    CHECK(out[row * stride + i] == untouched);
                }
            }
        }
    }
    // Outputs that do not fill the last panel.
    const auto narrow = random_weights(weight_format::q8_0, n_in, 50, 20).prepack(kind);
    if (narrow->can_multiply_to_bf16()) {
        const std::vector<uint8_t> x = quantize_rows(kind, random_values(3 * n_in, 21), n_in);
        std::vector<float> plain(3 * 50);
        std::vector<uint16_t> out(3 * 60, 0x4242);
        narrow->multiply(x.data(), 3, 0, 50, plain.data(), 50);
        narrow->multiply_to_bf16(x.data(), 3, 0, 50, out.data(), 60, nullptr);
        for (int i = 0; i < 3 * 60; ++i) {
            if (i % 60 < 50) {
                const float expected = plain[i / 60 * 50 + i % 60];
                CHECK_AT_MOST(std::fabs(bf16_value(out[i]) - expected), 0x1.001p-8 * std::fabs(expected) + 1e-37);
            } else {
                CHECK(out[i] == 0x4242);
            }
        }
    }
}

// No kernel set lacks a function.
static void check_tables() {
    size_t n;
    const matmul_kernels * built = matmul_kernels_built(n);
    for (const matmul_kernels * k = built; k < built + n; ++k) {
        CHECK(k->name && k->needs && k->swiglu_rows > 0 && k->prepacked_size && k->prepack && k->multiply);
        CHECK(k->quantize_from_f32 && k->quantize_from_rms_norm && k->swiglu);
        const bool row_scales = k->scales == int8_scales::rows;
        CHECK((k->activations == activation_layout::row_bytes) == row_scales);
        CHECK((k->quantize_from_bf16 != nullptr) == row_scales);
        CHECK(row_scales || (!k->multiply_swiglu && !k->multiply_to_bf16));
    }
}

int main() {
    check_tables();
    if (!prepacked_matrix::supported()) {
        printf("no kernels for this CPU in this build\n");
        return test_result();
    }
    for (const int8_scales kind : KINDS) {
        printf("%s\n", prepacked_matrix::kernels_name(kind));
        check_products(kind);
        check_extremes(kind);
        check_same_bits(kind);
        check_not_finite(kind);
        check_swiglu(kind);
        check_bf16_result(kind);
    }
    return test_result();
}
