// gelu() and sum_norm() against F64, and against fixed bits that every CPU gives.

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
    return hash;
}

int main() {
    std::mt19937 rng(3);
    const uint32_t bits[] = { check_gelu(rng), check_sum_norm(rng) };
    printf("bits: %08x %08x\n", bits[0], bits[1]);
    CHECK(bits[0] == 0x22b4c5e7 && bits[1] == 0x2c28a0bf);
    return test_result();
}
