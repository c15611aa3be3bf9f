// Products of packed weights, in 8-bit integers or BF16, against plain sums in F64, whatever the shape, and to the last bit the same in every batch.

#include "packed_fixtures.h"

#include <limits>

static const float INFINITE = std::numeric_limits<float>::infinity();

// out against sums in F64 of the same numbers.
static void check_against_sums(const source_weights & w, const std::vector<uint8_t> & x, int n_rows,
    const std::vector<float> & out, const std::vector<float> & add) {
    const int n_blocks = w.n_in / 32;
    double worst = 0;
    for (int row = 0; row < n_rows; ++row) {
        quantized q(w.n_in);
        memcpy(q.bytes.data(), x.data() + row * activation_row_size(w.n_in), activation_row_size(w.n_in));
        for (int output = 0; output < w.n_out; ++output) {
            double sum = add.empty() ? 0.0 : add[row * w.n_out + output];
            double magnitude = std::fabs(sum) + 1e-30;
            for (int block = 0; block < n_blocks; ++block) {
                const double weight_scale = w.scales[(size_t) output * n_blocks + block];
                double products = 0;
                double size = 0; // integers add up exactly, BF16 does not
                for (int i = block * 32; i < block * 32 + 32; ++i) {
                    const int weight = w.values[(size_t) output * w.n_in + i];
                    const double product =
                        rows_are_bf16() ? q.bf16(i) * bf16_of(weight * weight_scale) : q.steps(i, w.format) * weight;
                    products += product;
                    size += std::fabs(product);
                }
                const double term = rows_are_bf16() ? products : products * q.scale(block) * weight_scale;
                sum += term;
                magnitude += rows_are_bf16() ? size : std::fabs(term);
            }
            worst = std::max(worst, std::fabs(out[row * w.n_out + output] - sum) / magnitude);
        }
    }
    CHECK_AT_MOST(worst, 1e-6);
}

static void check_products() {
    for (const packed_format format : FORMATS) {
        for (const int n_in : { 32, 96, 576, 1536 }) {
            for (const int n_out : { 1, 16, 31, 50, 192 }) {
                const source_weights w = random_weights(format, n_in, n_out, n_in + n_out);
                const auto matrix = w.pack();
                CHECK(matrix->n_in == n_in && matrix->n_out == n_out);
                for (int n_rows = 1; n_rows <= 67; n_rows += n_in < 100 ? 1 : 6) {
                    const std::vector<uint8_t> x = quantize_rows(random_values(n_rows * n_in, n_rows), n_in);
                    std::vector<float> out(n_rows * n_out, NAN);
                    matrix->multiply(x.data(), n_rows, 0, n_out, out.data(), n_out, nullptr, 0);
                    check_against_sums(w, x, n_rows, out, {});
                }
            }
        }
    }
}

// Every weight and every activation at either end of its range: no sum saturates.
static void check_extremes() {
    const int n_in = 832;
    const int n_out = 48;
    for (const packed_format format : FORMATS) {
        const int ends[] = { lowest(format), -lowest(format) - 1 };
        for (int pattern = 0; pattern < 4; ++pattern) {
            unsigned i = 0;
            const source_weights w(
                format, n_in, n_out, [&] { return ends[i++ / (pattern < 2 ? 1u << 30 : 1) % 2 ^ pattern % 2]; });
            std::vector<float> values(4 * n_in);
            for (int k = 0; k < n_in; ++k) {
                values[k] = 2.5f;
                values[n_in + k] = -2.5f;
                values[2 * n_in + k] = k % 2 ? 1e30f : -1e30f;
                values[3 * n_in + k] = k / 2 % 2 ? 1e-30f : -1e-30f;
            }
            const std::vector<uint8_t> x = quantize_rows(values, n_in);
            std::vector<float> out(4 * n_out);
            w.pack()->multiply(x.data(), 4, 0, n_out, out.data(), n_out, nullptr, 0);
            check_against_sums(w, x, 4, out, {});
        }
    }
}

// A row gives the same bits alone and in any batch, and however the outputs are shared out.
static void check_same_bits() {
    const int n_in = 1536;
    const int n_out = 112;
    const int n_rows = 150;
    for (const packed_format format : FORMATS) {
        const source_weights w = random_weights(format, n_in, n_out, 5);
        const auto matrix = w.pack();
        const std::vector<float> add = random_values(n_rows * n_out, 6);
        const std::vector<uint8_t> x = quantize_rows(random_values(n_rows * n_in, 7), n_in);
        const size_t row_size = activation_row_size(n_in);
        std::vector<float> whole(n_rows * n_out);
        matrix->multiply(x.data(), n_rows, 0, n_out, whole.data(), n_out, add.data(), n_out);
        check_against_sums(w, x, n_rows, whole, add);

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

// What is no number comes out as no number, only in its own row.
static void check_not_finite() {
    for (const packed_format format : FORMATS) {
        const auto matrix = random_weights(format, 96, 40, 9).pack();
        for (const float bad : { INFINITE, -INFINITE, NAN }) {
            std::vector<float> x = random_values(3 * 96, 10);
            x[96 + 45] = bad;
            const std::vector<uint8_t> rows = quantize_rows(x, 96);
            std::vector<float> out(3 * 40);
            matrix->multiply(rows.data(), 3, 0, 40, out.data(), 40, nullptr, 0);
            for (int i = 0; i < 3 * 40; ++i) {
                CHECK(std::isfinite(out[i]) == (i / 40 != 1));
            }
        }
    }
}

// In one go as step by step, to the bit.
static void check_gated() {
    const int n_in = 96;
    const int n_out = 160;
    const int n_rows = 101;
    const auto gate = random_weights(packed_format::q5_0, n_in, n_out, 15).pack();
    const auto up = random_weights(packed_format::q8_0, n_in, n_out, 16).pack();
    const std::vector<uint8_t> x = quantize_rows(random_values(n_rows * n_in, 17), n_in);
    std::vector<float> gates(n_rows * n_out);
    std::vector<float> ups(n_rows * n_out);
    gate->multiply(x.data(), n_rows, 0, n_out, gates.data(), n_out);
    up->multiply(x.data(), n_rows, 0, n_out, ups.data(), n_out);
    const size_t size = activation_row_size(n_out);
    std::vector<uint8_t> expected(n_rows * size, 0x11);
    for (int row = 0; row < n_rows; ++row) {
        quantize_swiglu(&gates[row * n_out], &ups[row * n_out], n_out, &expected[row * size]);
    }
    std::vector<uint8_t> rows(n_rows * size, 0x11);
    packed_gated_product(*gate, *up, x.data(), n_rows, 96, n_out, rows.data());
    packed_gated_product(*gate, *up, x.data(), n_rows, 0, 96, rows.data());
    CHECK(rows == expected);
}

int main() {
    if (!packed_matrix::supported()) {
        printf("this CPU, or this build, does not have the path\n");
        return 0;
    }
    printf("%s\n", packed_matrix::path_name());
    check_products();
    check_extremes();
    check_same_bits();
    check_not_finite();
    check_gated();
    return test_result();
}
