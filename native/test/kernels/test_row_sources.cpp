// Quantized activations against exact values, for each row source: plain, RMS norm, SwiGLU.

#include "test/kernels/matmul_fixtures.h"

#include <limits>

// A rotated row with one scale, whose values may have been rounded before; rounded: their relative error.
static void check_row_scale(const quantized & q, const std::vector<double> & exact, double rounded) {
    const std::vector<double> expected = rotated(exact);
    std::vector<double> magnitudes;
    for (const double v : exact) {
        magnitudes.push_back(std::fabs(v));
    }
    const std::vector<double> sums = rotated(magnitudes, false);
    double largest = 0;
    double largest_sum = 0;
    for (int i = 0; i < q.n_in; ++i) {
        largest = std::max(largest, std::fabs(expected[i]));
        largest_sum = std::max(largest_sum, sums[i]);
    }
    const double scale = q.row_scale();
    CHECK_AT_MOST(std::fabs(scale - largest / 127), 1e-6 * scale + rounded * largest_sum / 127 + 1.3e-38);
    for (int i = 0; i < q.n_in; ++i) {
        CHECK(std::abs(q.value(i)) <= 127);
        CHECK_AT_MOST(std::fabs(q.value(i) * scale - expected[i]), 0.5002 * scale + rounded * sums[i] + 1.6e-36);
    }
}

// A quantized row against the exact values.
static void check_row(const quantized & q, const std::vector<double> & exact) {
    CHECK(q.stays_inside());
    if (has_row_scale(q.kind)) {
        check_row_scale(q, exact, 0);
        return;
    }
    if (is_bf16(q.kind)) {
        // What is too small for F32's normal numbers counts as zero on the way, what is too large for BF16 as infinite.
        for (int i = 0; i < q.n_in; ++i) {
            if (std::fabs(exact[i]) >= 0x1.ffp127) {
                CHECK(std::isinf(q.bf16(i)));
                continue;
            }
            CHECK_AT_MOST(std::fabs(q.bf16(i) - exact[i]), 0x1.001p-8 * std::fabs(exact[i]) + 1.6e-36);
        }
        return;
    }
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
                CHECK_AT_MOST(std::fabs(q.steps(i, weight_format::q8_0) * scale - exact[i]),
                    0.502 / WORD_STEPS * scale + 1.6e-36);
            }
            CHECK_AT_MOST(std::fabs(q.value(i) * scale - exact[i]), 0.5002 * scale + 1.6e-36);
        }
    }
}

static std::vector<double> exactly(const std::vector<float> & x) {
    return std::vector<double>(x.begin(), x.end());
}

static void check_quantize(int8_scales kind) {
    for (const float factor : { 1.0f, 0.0f, 1e-45f, 1e-39f, 1e-37f, 1.5e-36f, 1e-20f, 1e30f, 1e37f }) {
        std::vector<float> x = random_values(576, 8);
        for (float & v : x) {
            v = std::max(-9.0f, std::min(9.0f, v)) * factor;
        }
        quantized q(kind, 576);
        quantize_from_f32(kind, x.data(), 576, q.bytes.data());
        check_row(q, exactly(x));
    }
    // The longest rows are rotated twice instead of being kept.
    for (const int n_in : { 32, 64, 96, 544, 2048, 2080, 4128 }) {
        const std::vector<float> x = random_values(n_in, 9);
        quantized q(kind, n_in);
        quantize_from_f32(kind, x.data(), n_in, q.bytes.data());
        check_row(q, exactly(x));
    }
    // The rotation of larger values might leave F32's range.
    std::vector<float> maximum(512, has_row_scale(kind) ? -0x1.fffffep125f : -std::numeric_limits<float>::max());
    quantized q(kind, 512);
    quantize_from_f32(kind, maximum.data(), 512, q.bytes.data());
    check_row(q, exactly(maximum));
    if (!is_bf16(kind)) {
        CHECK(q.value(0) == (q.is_centred() || has_row_scale(kind) ? -127 : -192));
    }
}

static void check_rms_norm(int8_scales kind, int n_in) {
    const std::vector<float> weight = random_values(n_in, 11);
    for (const float factor : { 0.0f, 1e-6f, 1.0f, 1000.0f, 1e30f }) {
        std::vector<float> x = random_values(n_in, 12);
        double squares = 0;
        for (float & v : x) {
            v *= factor;
            squares += (double) v * v;
        }
        const float eps = 1e-5f;
        std::vector<double> exact(n_in);
        for (int i = 0; i < n_in; ++i) {
            exact[i] = x[i] / std::sqrt(squares / n_in + eps) * weight[i];
        }
        quantized q(kind, n_in);
        quantize_from_rms_norm(kind, x.data(), weight.data(), eps, n_in, q.bytes.data());
        check_row(q, exact);
    }
}

static void check_swiglu(int8_scales kind) {
    const std::vector<float> up = random_values(1536, 13);
    for (const float factor : { 0.0f, 1e-4f, 1.0f, 20.0f, 1000.0f, 1e30f }) {
        std::vector<float> gate = random_values(1536, 14);
        std::vector<double> exact(1536);
        for (int i = 0; i < 1536; ++i) {
            // whole blocks of large negative gates too, where nothing else sets the scale
            gate[i] = (i < 256 ? -std::fabs(gate[i]) : gate[i]) * factor;
            exact[i] = gate[i] / (1 + std::exp(-(double) gate[i])) * up[i];
        }
        quantized q(kind, 1536);
        if (swiglu_row_is_quantized(kind, 1536)) {
            CHECK(swiglu_row_size(kind, 1536) == activation_row_size(kind, 1536));
            swiglu_row(kind, gate.data(), up.data(), 1536, q.bytes.data());
            check_row(q, exact);
            continue;
        }
        std::vector<uint8_t> gated(swiglu_row_size(kind, 1536));
        swiglu_row(kind, gate.data(), up.data(), 1536, gated.data());
        quantize_from_bf16(kind, (const uint16_t *) gated.data(), 1536, q.bytes.data());
        CHECK(q.stays_inside());
        check_row_scale(q, exact, 0x1.1p-8); // BF16 in between, of what is right to 2^-12
    }
}

int main() {
    if (!prepacked_matrix::supported()) {
        printf("no kernels for this CPU in this build\n");
        return 0;
    }
    for (const int8_scales kind : KINDS) {
        printf("%s\n", prepacked_matrix::kernels_name(kind));
        check_quantize(kind);
        for (const int n_in : { 576, 2080 }) {
            check_rms_norm(kind, n_in);
        }
        check_swiglu(kind);
    }
    return test_result();
}
