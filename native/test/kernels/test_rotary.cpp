// rotary() against F64.

#include "kernels/rotary/rotary.h"
#include "test/test.h"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

static std::vector<float> random_values(std::mt19937 & rng, size_t n) {
    std::normal_distribution<float> normal;
    std::vector<float> values(n);
    std::generate(values.begin(), values.end(), [&] { return normal(rng); });
    return values;
}

// The heads of a token, with gaps between them.
struct token {
    rotary_pairs pairs;
    int n_heads;
    int n_pairs;
    size_t stride;
    std::vector<float> heads, cosines, sines;

    token(std::mt19937 & rng, rotary_pairs pairs, int n_heads, int n_pairs, int gap)
        : pairs(pairs), n_heads(n_heads), n_pairs(n_pairs), stride(2 * n_pairs + gap),
          heads(random_values(rng, n_heads * stride)) {
        for (const float angle : random_values(rng, n_pairs)) {
            cosines.push_back(std::cos(angle));
            sines.push_back(std::sin(angle));
        }
    }

    std::vector<float> rotated(int first, int n) const {
        std::vector<float> result = heads;
        rotary_params p;
        p.heads = result.data() + first * stride;
        p.stride = stride;
        p.n_heads = n;
        p.n_pairs = n_pairs;
        p.cosines = cosines.data();
        p.sines = sines.data();
        p.pairs = pairs;
        rotary(p);
        return result;
    }
};

static double check_exact(const token & t) {
    const std::vector<float> rotated = t.rotated(0, t.n_heads);
    double worst = 0.0;
    for (int head = 0; head < t.n_heads; ++head) {
        const size_t start = head * t.stride;
        for (int i = 0; i < t.n_pairs; ++i) {
            const bool halves = t.pairs == rotary_pairs::halves;
            const size_t places[] = { start + (halves ? i : 2 * i), start + (halves ? t.n_pairs + i : 2 * i + 1) };
            const double a = t.heads[places[0]];
            const double b = t.heads[places[1]];
            const double expected[] = { a * t.cosines[i] - b * t.sines[i], a * t.sines[i] + b * t.cosines[i] };
            for (int j = 0; j < 2; ++j) {
                worst = std::max(worst, std::fabs(rotated[places[j]] - expected[j]));
            }
        }
        for (size_t i = 2 * t.n_pairs; i < t.stride; ++i) {
            CHECK(rotated[start + i] == t.heads[start + i]); // between heads
        }
    }
    CHECK_AT_MOST(worst, 1e-6);
    return worst;
}

// A head gives the same bits alone, and others are left as they are.
static void check_alone(const token & t) {
    const std::vector<float> together = t.rotated(0, t.n_heads);
    for (int head = 0; head < t.n_heads; ++head) {
        const std::vector<float> alone = t.rotated(head, 1);
        for (size_t i = 0; i < alone.size(); ++i) {
            const bool own = i / t.stride == (size_t) head;
            CHECK(alone[i] == (own ? together : t.heads)[i]);
        }
    }
}

int main() {
    std::mt19937 rng(1);
    double worst = 0.0;
    for (const rotary_pairs pairs : { rotary_pairs::neighbours, rotary_pairs::halves }) {
        for (int n_pairs = 1; n_pairs <= 64; ++n_pairs) {
            for (const int n_heads : { 1, 2, 3, 9 }) {
                g_checking = vaner_format("%d heads of %d pairs", n_heads, n_pairs);
                const token t(rng, pairs, n_heads, n_pairs, n_pairs % 5);
                worst = std::max(worst, check_exact(t));
                check_alone(t);
            }
        }
    }
    printf("largest difference: %g\n", worst);

    for (const int n_pairs : { 1, 8 }) {
        token t(rng, rotary_pairs::neighbours, 1, n_pairs, 0);
        t.heads[0] = std::numeric_limits<float>::quiet_NaN();
        CHECK(std::isnan(t.rotated(0, 1)[0]) && std::isnan(t.rotated(0, 1)[1]));
    }
    return test_result();
}
