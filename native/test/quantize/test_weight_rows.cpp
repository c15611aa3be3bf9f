// Conversion of weights between ggml's types, and merging of LoRAs.

#include "quantize/low_rank.h"
#include "quantize/weight_rows.h"
#include "test/test.h"

#include <cstring>
#include <limits>
#include <random>

static const std::atomic<bool> RUNNING{ false };
static const std::atomic<bool> CANCELLED{ true };

template <typename T> static std::vector<uint8_t> bytes_of(const std::vector<T> & values) {
    std::vector<uint8_t> bytes(values.size() * sizeof(T));
    memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

template <typename T> static std::vector<T> values_of(const std::vector<uint8_t> & bytes) {
    std::vector<T> values(bytes.size() / sizeof(T));
    memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

static std::vector<float> random_weights(size_t n, unsigned seed, float deviation = 1.0f) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0f, deviation);
    std::vector<float> weights(n);
    for (float & w : weights) {
        w = normal(random);
    }
    return weights;
}

static double relative_error(const std::vector<float> & a, const std::vector<float> & b) {
    double error = 0;
    double norm = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        error += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return std::sqrt(error / norm);
}

static void check_rounding() {
    const std::vector<uint8_t> f32 = bytes_of<float>({ 1.0f, -0.0f, 1.00048828125f, 1.00146484375f, 65519.0f, 1e-8f });
    CHECK(weight_rows_encode(f32, "F32", "F32", 3, RUNNING) == f32);
    // ties go to the even neighbour
    CHECK(values_of<uint16_t>(weight_rows_encode(f32, "F32", "F16", 1, RUNNING)) ==
        std::vector<uint16_t>({ 0x3c00, 0x8000, 0x3c00, 0x3c02, 0x7bff, 0x0000 }));
    CHECK(values_of<uint16_t>(weight_rows_encode(bytes_of<float>({ 1.00390625f, 1.01171875f, -3e38f }), "F32", "BF16",
              1, RUNNING)) == std::vector<uint16_t>({ 0x3f80, 0x3f82, 0xff62 }));

    CHECK(values_of<float>(weight_rows_encode(bytes_of<uint16_t>({ 0x3c00, 0xc000, 0x0001 }), "F16", "F32", 3,
              RUNNING)) == std::vector<float>({ 1.0f, -2.0f, 5.9604645e-8f }));
    CHECK(values_of<float>(weight_rows_encode(bytes_of<uint16_t>({ 0x3f80, 0xc000 }), "BF16", "F32", 1, RUNNING)) ==
        std::vector<float>({ 1.0f, -2.0f }));
    CHECK(values_of<float>(weight_rows_encode(bytes_of<double>({ 0.1, -1e-300 }), "F64", "F32", 2, RUNNING)) ==
        std::vector<float>({ 0.1f, -0.0f }));
}

// Round trip of every type, within its precision, for any number of rows.
static void check_types() {
    const int64_t columns = 512;
    for (const int64_t n_rows : { 1, 3, 300 }) {
        const std::vector<float> weights = random_weights(n_rows * columns, 1, 0.05f);
        for (const ggml_type type : weight_types()) {
            const std::string name = weight_type_name(type);
            const std::vector<uint8_t> encoded = weight_rows_encode(bytes_of(weights), "F32", name, columns, RUNNING);
            CHECK(encoded.size() == (size_t) n_rows * ggml_row_size(type, columns));
            std::vector<float> decoded(weights.size());
            if (type == GGML_TYPE_F32) {
                decoded = values_of<float>(encoded);
            } else {
                ggml_get_type_traits(type)->to_float(encoded.data(), decoded.data(), (int64_t) decoded.size());
            }
            const double bits = 8.0 * encoded.size() / weights.size();
            CHECK_AT_MOST(relative_error(decoded, weights),
                bits < 2.5     ? 0.85
                    : bits < 4 ? 0.35
                    : bits < 8 ? 0.13
                               : 0.01);
        }
    }
}

// What ggml's quantizers would assert is an error or a valid result.
static void check_hard_weights() {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    for (const ggml_type type : weight_types()) {
        const std::string name = weight_type_name(type);
        for (const float bad : { nan, inf, -inf }) {
            std::vector<float> weights = random_weights(512, 2);
            weights[300] = bad;
            CHECK_THROWS(VANER_MODEL_WEIGHTS, weight_rows_encode(bytes_of(weights), "F32", name, 256, RUNNING));
        }
        for (const float w : { 0.0f, 1e-45f, 1e-20f, 65504.0f, 1e18f, 3.4e38f }) {
            std::vector<float> weights(256, w);
            weights[7] = -w;
            try {
                weight_rows_encode(bytes_of(weights), "F32", name, 256, RUNNING);
            } catch (const vaner_error & error) {
                CHECK(error.status == VANER_MODEL_WEIGHTS && (w > 65503.0f || w < 1e-19f));
            }
        }
    }
    CHECK_THROWS(VANER_MODEL_WEIGHTS, weight_rows_encode(bytes_of<float>({ 65520 }), "F32", "F16", 1, RUNNING));
    CHECK_THROWS(VANER_MODEL_WEIGHTS, weight_rows_encode(bytes_of<float>({ 3.4e38f }), "F32", "BF16", 1, RUNNING));
    CHECK_THROWS(VANER_MODEL_WEIGHTS, weight_rows_encode(bytes_of<double>({ 1e39 }), "F64", "F32", 1, RUNNING));
}

static void check_refused() {
    const std::vector<uint8_t> rows(256 * sizeof(float));
    for (const char * type : { "", "f32", "Q4_K_M", "IQ1_S", "IQ2_XXS", "I32", "Q8_K", "NVFP4" }) {
        CHECK_THROWS(VANER_INVALID_ARGUMENT, weight_rows_encode(rows, "F32", type, 256, RUNNING));
    }
    CHECK_THROWS(VANER_INVALID_ARGUMENT, weight_rows_encode(rows, "I32", "F32", 256, RUNNING));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, weight_rows_encode(rows, "F32", "F32", 0, RUNNING));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, weight_rows_encode(rows, "F32", "F32", -1, RUNNING));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, weight_rows_encode(rows, "F32", "F32", 255, RUNNING));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, weight_rows_encode(rows, "F32", "F32", INT64_MAX, RUNNING));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, weight_rows_encode(rows, "F32", "Q4_K", 128, RUNNING));
    CHECK_THROWS(VANER_ABORTED, weight_rows_encode(rows, "F32", "F16", 256, CANCELLED));
}

static void check_low_rank() {
    for (const int64_t rank : { 0, 1, 3, 4, 12, 17 }) {
        for (const int64_t columns : { 1, 511, 512, 1300 }) {
            const int64_t n_rows = 5;
            const std::vector<float> w = random_weights(n_rows * columns, 3);
            const std::vector<float> b = random_weights(n_rows * rank, 4);
            const std::vector<float> a = random_weights(rank * columns, 5);
            std::vector<float> sum = w;
            low_rank_add(sum, b, a, 2.5f, columns, RUNNING);
            double worst = 0;
            for (int64_t row = 0; row < n_rows; ++row) {
                for (int64_t column = 0; column < columns; ++column) {
                    double expected = 0;
                    for (int64_t k = 0; k < rank; ++k) {
                        expected += (double) b[row * rank + k] * a[k * columns + column];
                    }
                    expected = w[row * columns + column] + 2.5 * expected;
                    worst = std::max(worst, std::fabs(sum[row * columns + column] - expected));
                }
            }
            CHECK_AT_MOST(worst, 1e-5);
        }
    }
    std::vector<float> rows(12);
    const std::vector<float> four(4);
    CHECK_THROWS(VANER_INVALID_ARGUMENT, low_rank_add(rows, four, four, 1, 0, RUNNING));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, low_rank_add(rows, four, four, 1, 5, RUNNING));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, low_rank_add(rows, four, four, 1, 4, RUNNING));
    CHECK_THROWS(VANER_ABORTED, low_rank_add(rows, std::vector<float>(3), four, 1, 4, CANCELLED));
}

int main() {
    setvbuf(stdout, nullptr, _IONBF, 0);
    check_rounding();
    check_types();
    check_hard_weights();
    check_refused();
    check_low_rank();
    return test_result();
}
