// Products in 8-bit integers against plain sums in F64, whatever the shape, and to the last bit the same in every batch.

#include "int8/int8_matrix.h"
#include "int8/int8_path.h"
#include "test.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <vector>

static const int8_weights FORMATS[] = { int8_weights::q8_0, int8_weights::q5_0, int8_weights::q4_0 };
static const float INFINITE = std::numeric_limits<float>::infinity();

static int lowest(int8_weights format) {
    return format == int8_weights::q8_0 ? -128 : format == int8_weights::q5_0 ? -16 : -8;
}

// Weights as integers, one scale for 32, and the same in ggml's blocks.
struct source_weights {
    int8_weights format;
    int n_in;
    int n_out;
    std::vector<int> values;
    std::vector<double> scales;
    std::vector<uint8_t> rows;

    // value(): an integer within the format's range; scales are powers of two or, as halves too, denormal and negative
    template <typename generator>
    source_weights(int8_weights format, int n_in, int n_out, generator value)
        : format(format), n_in(n_in), n_out(n_out) {
        const uint16_t halves[] = { 0x2400, 0xa600, 0x3555, 0x0001, 0x83ff };
        const double numbers[] = { 0x1p-6, -0x1.8p-6, 0x1.554p-2, 0x1p-24, -0x1.ff8p-15 };
        for (int block = 0; block < n_out * n_in / 32; ++block) {
            const int kind = block % 7 < 5 ? block % 7 : 0;
            scales.push_back(numbers[kind]);
            rows.push_back(halves[kind] & 255);
            rows.push_back(halves[kind] >> 8);
            std::vector<uint8_t> stored;
            for (int i = 0; i < 32; ++i) {
                const int v = value();
                values.push_back(v);
                stored.push_back((uint8_t) (format == int8_weights::q8_0 ? v : v - lowest(format)));
            }
            append(stored);
        }
    }

    // A matrix and its memory.
    struct packed_matrix {
        struct free_aligned {
            void operator()(void * p) const { ::operator delete(p, std::align_val_t(64)); }
        };
        std::unique_ptr<void, free_aligned> memory;
        int8_matrix matrix;

        const int8_matrix * operator->() const { return &matrix; }
        const int8_matrix & operator*() const { return matrix; }
    };

    packed_matrix pack() const {
        std::vector<uint8_t> shifted(rows.size() + 1); // blocks are not aligned
        memcpy(shifted.data() + 1, rows.data(), rows.size());
        const size_t size = int8_matrix::packed_size(format, n_in, n_out);
        CHECK(size >= rows.size());
        std::unique_ptr<void, packed_matrix::free_aligned> memory(::operator new(size, std::align_val_t(64)));
        void * p = memory.get();
        return { std::move(memory), int8_matrix(format, shifted.data() + 1, n_in, n_out, p) };
    }

private:
    void append(const std::vector<uint8_t> & stored) {
        if (format == int8_weights::q8_0) {
            rows.insert(rows.end(), stored.begin(), stored.end());
            return;
        }
        for (int byte = 0; byte < 4 && format == int8_weights::q5_0; ++byte) {
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

static source_weights random_weights(int8_weights format, int n_in, int n_out, unsigned seed) {
    std::mt19937 random(seed);
    return source_weights(
        format, n_in, n_out, [&] { return lowest(format) + (int) (random() % (unsigned) (-2 * lowest(format))); });
}

static std::vector<float> random_values(size_t n, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> values(n);
    for (float & v : values) {
        v = normal(random) * (random() % 50 == 0 ? 30.0f : 1.0f);
    }
    return values;
}

// A quantized row, read back.
struct quantized {
    int n_in;
    std::vector<uint8_t> bytes;

    explicit quantized(int n_in) : n_in(n_in), bytes(int8_row_size(n_in) + 64, 0xee) {}

    int value(int i) const { return (int) bytes[i] - block_of(i / 32).zero; }

    int word(int i) const {
        int16_t w;
        memcpy(&w, bytes.data() + int8_words_offset(n_in) + i * sizeof(w), sizeof(w));
        return w;
    }

    // In steps of the scale, as weights of this format meet it.
    double steps(int i, int8_weights format) const {
        return is_centred() && format == int8_weights::q8_0 ? word(i) / (double) INT8_WORD_STEPS : value(i);
    }
    float scale(int block) const { return block_of(block).scale; }

    int8_block block_of(int block) const {
        int8_block b;
        memcpy(&b, bytes.data() + n_in + block * sizeof(b), sizeof(b));
        return b;
    }

    // Whether the path puts the zero into the middle.
    static bool is_centred() {
        static const bool centred = strcmp(int8_matrix::path_name(), "AVX2") == 0;
        return centred;
    }

    bool stays_inside() const {
        return std::all_of(bytes.end() - 64, bytes.end(), [](uint8_t b) { return b == 0xee; });
    }
};

static std::vector<uint8_t> quantize_rows(const std::vector<float> & x, int n_in) {
    const size_t size = int8_row_size(n_in);
    CHECK(size % 64 == 0);
    std::vector<uint8_t> rows(x.size() / n_in * size);
    for (size_t row = 0; row < x.size() / n_in; ++row) {
        int8_quantize(x.data() + row * n_in, n_in, rows.data() + row * size);
    }
    return rows;
}

// out against sums in F64 of the same integers.
static void check_against_sums(const source_weights & w, const std::vector<uint8_t> & x, int n_rows,
    const std::vector<float> & out, const std::vector<float> & add) {
    const int n_blocks = w.n_in / 32;
    double worst = 0;
    for (int row = 0; row < n_rows; ++row) {
        quantized q(w.n_in);
        memcpy(q.bytes.data(), x.data() + row * int8_row_size(w.n_in), int8_row_size(w.n_in));
        for (int output = 0; output < w.n_out; ++output) {
            double sum = add.empty() ? 0.0 : add[row * w.n_out + output];
            double magnitude = std::fabs(sum) + 1e-30;
            for (int block = 0; block < n_blocks; ++block) {
                double products = 0;
                for (int i = block * 32; i < block * 32 + 32; ++i) {
                    products += q.steps(i, w.format) * w.values[(size_t) output * w.n_in + i];
                }
                const double term = products * q.scale(block) * w.scales[(size_t) output * n_blocks + block];
                sum += term;
                magnitude += std::fabs(term);
            }
            worst = std::max(worst, std::fabs(out[row * w.n_out + output] - sum) / magnitude);
        }
    }
    CHECK_AT_MOST(worst, 1e-6);
}

static void check_products() {
    for (const int8_weights format : FORMATS) {
        for (const int n_in : { 32, 96, 576, 1536 }) {
            for (const int n_out : { 1, 16, 31, 50, 192 }) {
                const source_weights w = random_weights(format, n_in, n_out, n_in + n_out);
                const auto matrix = w.pack();
                CHECK(matrix->n_in == n_in && matrix->n_out == n_out);
                for (int n_rows = 1; n_rows <= 21; n_rows += n_in < 100 ? 1 : 5) {
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
    for (const int8_weights format : FORMATS) {
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
    for (const int8_weights format : FORMATS) {
        const source_weights w = random_weights(format, n_in, n_out, 5);
        const auto matrix = w.pack();
        const std::vector<float> add = random_values(n_rows * n_out, 6);
        const std::vector<uint8_t> x = quantize_rows(random_values(n_rows * n_in, 7), n_in);
        const size_t row_size = int8_row_size(n_in);
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

// A quantized row against the exact values.
static void check_row(const quantized & q, const std::vector<double> & exact) {
    CHECK(q.stays_inside());
    for (int block = 0; block < q.n_in / 32; ++block) {
        double high = 0;
        double low = 0;
        for (int i = block * 32; i < block * 32 + 32; ++i) {
            high = std::max(high, exact[i]);
            low = std::min(low, exact[i]);
        }
        const double scale = q.scale(block);
        double finest = std::max(high, -low) / 127;
        if (!q.is_centred()) {
            finest = std::min(
                { std::max(-low / 64, high / 191), std::max(-low / 128, high / 127), std::max(-low / 192, high / 63) });
        }
        CHECK_AT_MOST(std::fabs(scale - finest), 0.008 * finest + 1.3e-38);
        CHECK(!q.is_centred() || q.block_of(block).zero == 128);
        for (int i = block * 32; i < block * 32 + 32; ++i) {
            CHECK(!q.is_centred() || std::abs(q.value(i)) <= 127);
            if (q.is_centred()) {
                CHECK_AT_MOST(std::fabs(q.steps(i, int8_weights::q8_0) * scale - exact[i]),
                    0.502 / INT8_WORD_STEPS * scale + 1.6e-36);
            }
            CHECK_AT_MOST(std::fabs(q.value(i) * scale - exact[i]), 0.5002 * scale + 1.6e-36);
        }
    }
}

static std::vector<double> exactly(const std::vector<float> & x) {
    return std::vector<double>(x.begin(), x.end());
}

static void check_quantize() {
    for (const float factor : { 1.0f, 0.0f, 1e-45f, 1e-39f, 1e-37f, 1.5e-36f, 1e-20f, 1e30f, 1e37f }) {
        std::vector<float> x = random_values(576, 8);
        for (float & v : x) {
            v = std::max(-9.0f, std::min(9.0f, v)) * factor;
        }
        quantized q(576);
        int8_quantize(x.data(), 576, q.bytes.data());
        check_row(q, exactly(x));
    }
    std::vector<float> maximum(32, -std::numeric_limits<float>::max());
    quantized q(32);
    int8_quantize(maximum.data(), 32, q.bytes.data());
    check_row(q, exactly(maximum));
    CHECK(q.value(0) == (q.is_centred() ? -127 : -192));
}

// What is no number comes out as no number, only in its own row.
static void check_not_finite() {
    for (const int8_weights format : FORMATS) {
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

static void check_rms_norm() {
    const std::vector<float> weight = random_values(576, 11);
    for (const float factor : { 0.0f, 1e-6f, 1.0f, 1000.0f, 1e30f }) {
        std::vector<float> x = random_values(576, 12);
        double squares = 0;
        for (float & v : x) {
            v *= factor;
            squares += (double) v * v;
        }
        const float eps = 1e-5f;
        std::vector<double> exact(576);
        for (int i = 0; i < 576; ++i) {
            exact[i] = x[i] / std::sqrt(squares / 576 + eps) * weight[i];
        }
        quantized q(576);
        int8_rms_norm_quantize(x.data(), weight.data(), eps, 576, q.bytes.data());
        check_row(q, exact);
    }
}

static void check_swiglu() {
    const std::vector<float> up = random_values(1536, 13);
    for (const float factor : { 0.0f, 1e-4f, 1.0f, 20.0f, 1000.0f, 1e30f }) {
        std::vector<float> gate = random_values(1536, 14);
        std::vector<double> exact(1536);
        for (int i = 0; i < 1536; ++i) {
            // whole blocks of large negative gates too, where nothing else sets the scale
            gate[i] = (i < 256 ? -std::fabs(gate[i]) : gate[i]) * factor;
            exact[i] = gate[i] / (1 + std::exp(-(double) gate[i])) * up[i];
        }
        quantized q(1536);
        int8_swiglu_quantize(gate.data(), up.data(), 1536, q.bytes.data());
        check_row(q, exact);
    }
}

// In one go as step by step, to the bit.
static void check_gated() {
    const int n_in = 96;
    const int n_out = 160;
    const int n_rows = 101;
    const auto gate = random_weights(int8_weights::q5_0, n_in, n_out, 15).pack();
    const auto up = random_weights(int8_weights::q8_0, n_in, n_out, 16).pack();
    const std::vector<uint8_t> x = quantize_rows(random_values(n_rows * n_in, 17), n_in);
    std::vector<float> gates(n_rows * n_out);
    std::vector<float> ups(n_rows * n_out);
    gate->multiply(x.data(), n_rows, 0, n_out, gates.data(), n_out);
    up->multiply(x.data(), n_rows, 0, n_out, ups.data(), n_out);
    const size_t size = int8_row_size(n_out);
    std::vector<uint8_t> expected(n_rows * size, 0x11);
    for (int row = 0; row < n_rows; ++row) {
        int8_swiglu_quantize(&gates[row * n_out], &ups[row * n_out], n_out, &expected[row * size]);
    }
    std::vector<uint8_t> rows(n_rows * size, 0x11);
    int8_gated_product(*gate, *up, x.data(), n_rows, 96, n_out, rows.data());
    int8_gated_product(*gate, *up, x.data(), n_rows, 0, 96, rows.data());
    CHECK(rows == expected);
}

int main() {
    if (!int8_matrix::supported()) {
        printf("this CPU, or this build, does not have the path\n");
        return 0;
    }
    printf("%s\n", int8_matrix::path_name());
    check_products();
    check_extremes();
    check_same_bits();
    check_quantize();
    check_not_finite();
    check_rms_norm();
    check_swiglu();
    check_gated();
    return test_result();
}
