// attention() against a plain loop in double precision.

#include "kernels/attention/attention.h"
#include "kernels/attention/attention_kernels.h"
#include "test/kernels/bf16.h"
#include "test/test.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <vector>

struct free_aligned {
    void operator()(float * p) const { ::operator delete(p, std::align_val_t(64)); }
};

struct shape {
    int n_tokens;
    int n_embd_head;
    int n_rep;
    bool causal;
    float magnitude = 1.0f; // of queries and keys
    int gap = 0;            // floats between rows
    int n_prefix = 0;
    bool bf16 = false;
    bool stored_bf16 = false;
    int reach = -1;
};

static const float UNTOUCHED = 12345.0f;

static std::vector<float> random_rows(std::mt19937 & rng, int n_rows, size_t stride, float magnitude) {
    std::normal_distribution<float> normal(0.0f, magnitude);
    std::vector<float> rows(n_rows * stride);
    std::generate(rows.begin(), rows.end(), [&] { return normal(rng); });
    return rows;
}

static std::vector<uint16_t> to_bf16(const std::vector<float> & x) {
    std::vector<uint16_t> rounded;
    for (const float v : x) {
        rounded.push_back(bf16_bits(v));
    }
    return rounded;
}

static std::vector<float> from_bf16(const std::vector<uint16_t> & x) {
    std::vector<float> floats;
    for (const uint16_t bits : x) {
        floats.push_back(bf16_value(bits));
    }
    return floats;
}

// F32 only.
static std::vector<double> naive(const attention_params & p) {
    std::vector<double> out((size_t) p.n_tokens * p.n_rep * p.n_embd_head, 0.0);
    std::vector<double> weights(p.n_prefix + p.n_tokens);
    const auto key = [&](int j) {
        return j < p.n_prefix ? p.k_prefix + j * p.prefix_stride : (const float *) p.k + (j - p.n_prefix) * p.k_stride;
    };
    const auto value = [&](int j) {
        return j < p.n_prefix ? p.v_prefix + j * p.prefix_stride : (const float *) p.v + (j - p.n_prefix) * p.v_stride;
    };
    for (int t = 0; t < p.n_tokens; ++t) {
        const int own = p.n_prefix + t;
        const int first = p.reach < 0 ? 0 : std::max(0, own - p.reach);
        const int all = p.n_prefix + p.n_tokens;
        const int end = p.causal ? own + 1 : p.reach < 0 ? all : std::min(all, own + p.reach + 1);
        for (int h = 0; h < p.n_rep; ++h) {
            double high = -INFINITY;
            for (int j = first; j < end; ++j) {
                double dot = 0.0;
                for (int d = 0; d < p.n_embd_head; ++d) {
                    dot += (double) ((const float *) p.q)[t * p.q_stride + h * p.n_embd_head + d] * key(j)[d];
                }
                weights[j] = dot * p.scale;
                high = std::max(high, weights[j]);
            }
            double sum = 0.0;
            for (int j = first; j < end; ++j) {
                weights[j] = std::exp(weights[j] - high);
                sum += weights[j];
            }
            double * row = out.data() + ((size_t) t * p.n_rep + h) * p.n_embd_head;
            for (int j = first; j < end; ++j) {
                for (int d = 0; d < p.n_embd_head; ++d) {
                    row[d] += weights[j] / sum * value(j)[d];
                }
            }
        }
    }
    return out;
}

// Largest difference from the naive loop.
static double run(const shape & s, std::mt19937 & rng, float poison = 0.0f) {
    const size_t width = (size_t) s.n_rep * s.n_embd_head;
    attention_params p;
    p.q_stride = width + s.gap;
    p.k_stride = s.n_embd_head + s.gap * 2;
    p.v_stride = s.n_embd_head + s.gap * 3;
    p.out_stride = width + s.gap;
    p.n_tokens = s.n_tokens;
    p.n_embd_head = s.n_embd_head;
    p.n_rep = s.n_rep;
    p.scale = 1.0f / std::sqrt((float) s.n_embd_head);
    p.causal = s.causal;
    p.reach = s.reach;
    p.allow_bf16 = s.bf16;

    std::vector<float> q = random_rows(rng, s.n_tokens, p.q_stride, s.magnitude);
    std::vector<float> k = random_rows(rng, s.n_tokens, p.k_stride, s.magnitude);
    std::vector<float> v = random_rows(rng, s.n_tokens, p.v_stride, 1.0f);
    p.n_prefix = s.n_prefix;
    p.prefix_stride = s.n_embd_head + s.gap;
    const std::vector<float> k_prefix = random_rows(rng, s.n_prefix, p.prefix_stride, s.magnitude);
    const std::vector<float> v_prefix = random_rows(rng, s.n_prefix, p.prefix_stride, 1.0f);
    p.k_prefix = k_prefix.data();
    p.v_prefix = v_prefix.data();
    if (poison != 0.0f) {
        k[0] = poison;
    }
    std::vector<float> out(s.n_tokens * p.out_stride, UNTOUCHED);
    p.q = q.data();
    p.k = k.data();
    p.v = v.data();
    p.out = out.data();

    const size_t n_scratch = attention_scratch_size(s.n_prefix + s.n_tokens, s.n_embd_head);
    const std::unique_ptr<float, free_aligned> scratch(
        (float *) ::operator new((n_scratch + 16) * sizeof(float), std::align_val_t(64)));
    std::fill(scratch.get(), scratch.get() + n_scratch + 16, UNTOUCHED); // scratch comes with rubbish
    if (s.stored_bf16) {
        const std::vector<uint16_t> rounded[] = { to_bf16(q), to_bf16(k), to_bf16(v) };
        std::vector<uint16_t> rounded_out = to_bf16(out);
        attention_params stored = p;
        stored.stored_bf16 = true;
        stored.q = rounded[0].data();
        stored.k = rounded[1].data();
        stored.v = rounded[2].data();
        stored.out = rounded_out.data();
        attention(stored, scratch.get());
        q = from_bf16(rounded[0]); // what was attended to, for the naive loop
        k = from_bf16(rounded[1]);
        v = from_bf16(rounded[2]);
        out = from_bf16(rounded_out);
        p.q = q.data();
        p.k = k.data();
        p.v = v.data();
    } else {
        attention(p, scratch.get());
    }
    for (size_t i = n_scratch; i < n_scratch + 16; ++i) {
        CHECK(scratch.get()[i] == UNTOUCHED);
    }

    const float untouched = s.stored_bf16 ? from_bf16(to_bf16({ UNTOUCHED }))[0] : UNTOUCHED;
    const std::vector<double> expected = naive(p);
    double worst = 0.0;
    bool gaps_untouched = true;
    for (int t = 0; t < s.n_tokens; ++t) {
        for (size_t i = 0; i < p.out_stride; ++i) {
            const float value = out[t * p.out_stride + i];
            if (i >= width) {
                gaps_untouched &= value == untouched;
                continue;
            }
            const double difference = std::fabs(value - expected[t * width + i]);
            worst = difference <= worst ? worst : difference; // keeps a NaN
        }
    }
    CHECK(gaps_untouched);
    return worst;
}

static void check(const shape & s, std::mt19937 & rng, double limit, double & worst) {
    const double difference = run(s, rng);
    worst = std::max(worst, difference);
    if (!(difference <= limit)) {
        report_failure(__FILE__, __LINE__,
            vaner_format(
                "%d tokens behind %d, head size %d, %d query heads, causal %d, reach %d, magnitude %g: differs "
                "by %g",
                s.n_tokens, s.n_prefix, s.n_embd_head, s.n_rep, s.causal, s.reach, s.magnitude, difference));
    }
}

// Tokens that see some around them only. returns the largest difference
static double check_reaches(
    std::mt19937 & rng, const std::vector<int> & lengths, const std::vector<int> & heads, bool bf16, double limit) {
    double worst = 0.0;
    for (const int n_embd_head : heads) {
        for (size_t i = 0; i < lengths.size(); i += 3) {
            const int n = lengths[i];
            for (const int reach : { 0, 1, 7, 16, 64, 1 << 30 }) {
                shape s = { n, n_embd_head, 1 + n % 3, n % 5 == 0, 1.0f, n % 4 };
                s.reach = reach;
                s.n_prefix = n % 2 == 0 ? 0 : n * 13 % 50;
                s.bf16 = bf16;
                check(s, rng, limit, worst);
                s.stored_bf16 = bf16 && attention_stores_bf16(n_embd_head);
                check(s, rng, limit, worst);
            }
        }
        shape large = { 1030, n_embd_head, 1, false, 1.0f, 3 };
        large.reach = 64;
        large.bf16 = bf16;
        check(large, rng, limit, worst);
    }
    return worst;
}

// No kernel lacks a member.
static void check_tables() {
    size_t n;
    const attention_kernel * built = attention_kernels_built(n);
    for (const attention_kernel * k = built; k < built + n; ++k) {
        CHECK(k->name && k->head_multiple > 0 && k->scratch_size && k->run);
        CHECK(k->rounds_to_bf16 || !k->stores_bf16);
        CHECK((k->needs == nullptr) == (k + 1 == built + n)); // the last one runs on any CPU
    }
}

int main() {
    check_tables();
    std::mt19937 rng(1);
    std::vector<int> lengths;
    for (int n = 1; n <= 70; ++n) {
        lengths.push_back(n);
    }
    lengths.push_back(200);

    double worst = 0.0;
    for (const bool causal : { false, true }) {
        for (const int n_embd_head : { 16, 24, 64, 100, 128 }) {
            for (const int n : lengths) {
                const int n_rep = n % 3 == 0 ? 1 : n % 3 == 1 ? 3 : 4;
                check({ n, n_embd_head, n_rep, causal, 1.0f, n % 4 == 0 ? 0 : n % 7 }, rng, 2e-6, worst);
                check({ n, n_embd_head, n_rep, causal, 1.0f, n % 5, 1 + n * 13 % 50 }, rng, 2e-6, worst);
            }
            for (const int n_rep : { 1, 3, 4 }) {
                check({ 45, n_embd_head, n_rep, causal, 1.0f, 5 }, rng, 2e-6, worst);
            }
        }
    }
    for (const bool causal : { false, true }) {
        check({ 2050, 64, 1, causal, 1.0f, 3 }, rng, 2e-6, worst);
        check({ 1030, 64, 1, causal, 1.0f, 3, 1030 }, rng, 2e-6, worst);
    }
    printf("largest difference: %g\n", worst);

    const double local = check_reaches(rng, lengths, { 16, 24, 64, 100 }, false, 2e-6);
    const double local_rounded = check_reaches(rng, lengths, { 32, 64, 192 }, true, 3e-2);
    printf("of local attention: %g, in BF16: %g\n", local, local_rounded);

    // Scores of up to some 40, where a few keys take all the weight, and of up to 1e7, where one does.
    double sharp = 0.0;
    double sharpest = 0.0;
    for (const int n : { 1, 7, 33, 200 }) {
        for (const bool causal : { false, true }) {
            check({ n, 64, 3, causal, 3.0f, 1 }, rng, 5e-5, sharp);
            check({ n, 64, 3, causal, 2000.0f, 1 }, rng, 1e-3, sharpest);
        }
    }
    // Rounded to BF16, where the CPU has instructions for it: the relative error of weights, values and scores is at
    // most 2^-8.
    double rounded = 0.0;
    double rounded_enormous = 0.0;
    double stored = 0.0;
    for (const bool causal : { false, true }) {
        for (const int n_embd_head : { 32, 64, 96, 128, 192 }) {
            for (const int n : lengths) {
                const int n_rep = n % 3 == 0 ? 1 : n % 3 == 1 ? 3 : 4;
                check({ n, n_embd_head, n_rep, causal, 1.0f, n % 4, n * 13 % 50, true }, rng, 3e-2, rounded);
                if (attention_stores_bf16(n_embd_head)) {
                    check({ n, n_embd_head, n_rep, causal, 1.0f, n % 4, n * 7 % 50, true, true }, rng, 3e-2, stored);
                }
            }
        }
        check({ 2050, 64, 1, causal, 1.0f, 3, 0, true }, rng, 3e-2, rounded);
        check({ 1030, 64, 2, causal, 1.0f, 3, 1030, true }, rng, 3e-2, rounded);
        check({ 33, 64, 3, causal, 2000.0f, 1, 0, true }, rng, 20.0, rounded_enormous); // finite at least
    }
    CHECK(std::isnan(run({ 40, 64, 2, false, 1.0f, 0, 0, true }, rng, std::numeric_limits<float>::quiet_NaN())));
    printf("in BF16: %g, stored so too: %g\n", rounded, stored);

    printf("with large scores: %g, with enormous ones: %g\n", sharp, sharpest);

    // NaN propagates: the engine refuses weights by it.
    CHECK(std::isnan(run({ 40, 64, 2, false, 1.0f, 0 }, rng, std::numeric_limits<float>::quiet_NaN())));
    return test_result();
}
