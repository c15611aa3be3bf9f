// The elementwise kernels against F64, and against fixed bits that every CPU gives.

#include "kernels/elementwise/elementwise.h"
#include "test/test.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

static std::vector<float> random_values(std::mt19937 & rng, int n, float scale) {
    // Of integers: distributions of the standard library differ from one to the next.
    std::vector<float> values(n);
    std::generate(values.begin(), values.end(), [&] { return ((int) (rng() % 65536) - 32768) / 32768.0f * scale; });
    return values;
}

static uint32_t hash_of(const std::vector<float> & values, uint32_t hash) {
    for (const float value : values) {
        uint32_t bits;
        memcpy(&bits, &value, sizeof(bits));
        hash = (hash ^ bits) * 16777619u;
    }
    return hash;
}

static uint32_t check_gelu(std::mt19937 & rng) {
    double worst = 0.0;
    uint32_t hash = 2166136261u;
    for (const int n : { 1, 3, 15, 16, 31, 64, 65, 100, 256, 3072 }) {
        for (const float scale : { 1e-3f, 1.0f, 6.0f, 1e4f }) {
            const std::vector<float> x = random_values(rng, n, scale);
            std::vector<float> y = x;
            gelu(y.data(), n);
            for (int i = 0; i < n; ++i) {
                const double expected = 0.5 * x[i] * (1.0 + std::erf(x[i] / std::sqrt(2.0)));
                worst = std::max(worst, std::fabs(y[i] - expected) / std::max(1.0, std::fabs((double) x[i])));
            }
            // an element does not depend on its place
            std::vector<float> alone = x;
            for (float & value : alone) {
                gelu(&value, 1);
            }
            CHECK(memcmp(alone.data(), y.data(), n * sizeof(float)) == 0);
            hash = hash_of(y, hash);
        }
    }
    CHECK(worst < 5e-7);
    printf("gelu: largest error %g\n", worst);

    const float infinity = std::numeric_limits<float>::infinity();
    std::vector<float> odd = { NAN, infinity, 0.0f, -0.0f };
    gelu(odd.data(), (int) odd.size());
    CHECK(std::isnan(odd[0]) && odd[1] == infinity && odd[2] == 0.0f && odd[3] == 0.0f);
    return hash;
}

static uint32_t check_gelu_gate(std::mt19937 & rng) {
    uint32_t hash = 2166136261u;
    for (const int n : { 1, 15, 64, 100, 1152 }) {
        const std::vector<float> gate = random_values(rng, n, 4.0f);
        const std::vector<float> up = random_values(rng, n, 2.0f);
        std::vector<float> y = gate;
        gelu_gate(y.data(), up.data(), n);
        std::vector<float> expected = gate;
        gelu(expected.data(), n);
        for (int i = 0; i < n; ++i) {
            CHECK(y[i] == expected[i] * up[i]);
        }
        hash = hash_of(y, hash);
    }
    return hash;
}

static uint32_t check_dot(std::mt19937 & rng) {
    double worst = 0.0;
    uint32_t hash = 2166136261u;
    for (const int n_in : { 1, 15, 16, 40, 768 }) {
        for (const int n_rows : { 1, 3, 4, 9 }) {
            const int n_out = 5;
            const size_t x_stride = n_in + 3;
            const std::vector<float> x = random_values(rng, (int) x_stride * n_rows, 1.0f);
            const std::vector<float> w = random_values(rng, n_in * n_out, 1.0f);
            const std::vector<float> bias = random_values(rng, n_out, 1.0f);
            std::vector<float> out((size_t) n_rows * (n_out + 1), 12345.0f);
            dot_params p = { x.data(), x_stride, w.data(), bias.data(), out.data(), (size_t) n_out + 1, n_rows, n_in,
                n_out };
            dot(p);
            for (int row = 0; row < n_rows; ++row) {
                for (int o = 0; o < n_out; ++o) {
                    double sum = bias[o];
                    for (int i = 0; i < n_in; ++i) {
                        sum += (double) w[o * n_in + i] * x[row * x_stride + i];
                    }
                    worst = std::max(worst, std::fabs(out[row * (n_out + 1) + o] - sum));
                }
                CHECK(out[row * (n_out + 1) + n_out] == 12345.0f);
                // a row does not depend on others
                std::vector<float> alone(n_out);
                dot_params one = { x.data() + row * x_stride, x_stride, w.data(), bias.data(), alone.data(), 0, 1, n_in,
                    n_out };
                dot(one);
                CHECK(memcmp(alone.data(), out.data() + row * (n_out + 1), n_out * sizeof(float)) == 0);
            }
            hash = hash_of(out, hash);
        }
    }
    CHECK(worst < 2e-5);
    printf("dot: largest error %g\n", worst);
    return hash;
}

static uint32_t check_sum_norm(std::mt19937 & rng) {
    double worst = 0.0;
    uint32_t hash = 2166136261u;
    for (const int n : { 1, 7, 16, 17, 32, 47, 384, 768 }) {
        for (const bool biased : { false, true }) {
            const std::vector<float> x = random_values(rng, n, 3.0f);
            const std::vector<float> bias = random_values(rng, n, 1.0f);
            const std::vector<float> add = random_values(rng, n, 2.0f);
            const std::vector<float> weight = random_values(rng, n, 1.0f);
            const std::vector<float> shift = random_values(rng, n, 1.0f);
            std::vector<float> y = x;
            sum_norm_params p;
            p.x = y.data();
            p.out = y.data();
            p.bias = biased ? bias.data() : nullptr;
            p.add = add.data();
            p.weight = weight.data();
            p.shift = shift.data();
            p.eps = 1e-5f;
            p.n = n;
            sum_norm(p);
            std::vector<double> v(n);
            double mean = 0.0;
            for (int i = 0; i < n; ++i) {
                v[i] = (double) x[i] + add[i] + (biased ? bias[i] : 0.0f);
                mean += v[i] / n;
            }
            double variance = 0.0;
            for (const double value : v) {
                variance += (value - mean) * (value - mean) / n;
            }
            for (int i = 0; i < n; ++i) {
                const double expected = (v[i] - mean) / std::sqrt(variance + 1e-5) * weight[i] + shift[i];
                worst = std::max(worst, std::fabs(y[i] - expected));
            }
            hash = hash_of(y, hash);
        }
    }
    CHECK(worst < 2e-6);
    printf("sum_norm: largest error %g\n", worst);

    // Of a single vector without a shift, to another place.
    const std::vector<float> x = random_values(rng, 47, 3.0f);
    const std::vector<float> weight = random_values(rng, 47, 1.0f);
    const std::vector<float> zeros(47, 0.0f);
    std::vector<float> y(47), with_zeros(47);
    sum_norm_params p = { x.data(), nullptr, nullptr, weight.data(), nullptr, y.data(), 1e-5f, 47 };
    sum_norm(p);
    p.add = p.shift = zeros.data();
    p.out = with_zeros.data();
    sum_norm(p);
    for (int i = 0; i < 47; ++i) {
        CHECK(y[i] == with_zeros[i]);
    }
    return hash;
}

int main() {
    std::mt19937 rng(3);
    const uint32_t bits[] = { check_gelu(rng), check_sum_norm(rng), check_gelu_gate(rng), check_dot(rng) };
    printf("bits: %08x %08x %08x %08x\n", bits[0], bits[1], bits[2], bits[3]);
    CHECK(bits[0] == 0x22b4c5e7 && bits[1] == 0x2c28a0bf && bits[2] == 0x8784c3d5 && bits[3] == 0xe192bec2);
    return test_result();
}
