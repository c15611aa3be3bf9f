#include "quantize/weight_rows.h"

#include "error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

static const int64_t SLAB = 1 << 16; // elements between two checks of `cancelled`

std::string weight_type_name(ggml_type type) {
    std::string name = ggml_type_name(type);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return (char) toupper(c); });
    return name;
}

std::vector<ggml_type> weight_types() {
    return { GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q6_K, GGML_TYPE_Q5_K,
        GGML_TYPE_Q5_1, GGML_TYPE_Q5_0, GGML_TYPE_Q4_K, GGML_TYPE_Q4_1, GGML_TYPE_Q4_0, GGML_TYPE_IQ4_NL,
        GGML_TYPE_IQ4_XS, GGML_TYPE_MXFP4, GGML_TYPE_Q3_K, GGML_TYPE_IQ3_S, GGML_TYPE_Q2_K, GGML_TYPE_Q2_0,
        GGML_TYPE_TQ2_0, GGML_TYPE_TQ1_0, GGML_TYPE_Q1_0 };
}

ggml_type weight_type_find(const std::string & name) {
    for (const ggml_type type : weight_types()) {
        if (weight_type_name(type) == name) {
            return type;
        }
    }
    throw vaner_error(
        VANER_INVALID_ARGUMENT, "weights can't be stored as '" + name + "': choose a type such as F16 or Q8_0");
}

float weight_limit(ggml_type type) {
    const float max_f16 = 65519.996f; // from 65520 on F16 rounds to infinity
    return type == GGML_TYPE_F32 || type == GGML_TYPE_BF16 ? std::numeric_limits<float>::max() : max_f16;
}

void weight_check(const float * weights, size_t n, ggml_type type) {
    const float limit = weight_limit(type);
    size_t n_bad = 0;
    for (size_t i = 0; i < n; ++i) {
        n_bad += !(std::fabs(weights[i]) <= limit);
    }
    if (n_bad == 0) {
        return;
    }
    const float first = *std::find_if(weights, weights + n, [=](float w) { return !(std::fabs(w) <= limit); });
    if (!std::isfinite(first)) {
        throw vaner_error(VANER_MODEL_WEIGHTS,
            std::string("a weight is ") + (std::isnan(first) ? "NaN" : "infinite") + ": the checkpoint is damaged");
    }
    throw vaner_error(VANER_MODEL_WEIGHTS,
        vaner_format("the weight %g does not fit %s, use BF16 or F32", first, weight_type_name(type).c_str()));
}

static ggml_type find_source(const std::string & name) {
    for (const ggml_type type : { GGML_TYPE_F64, GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16 }) {
        if (weight_type_name(type) == name) {
            return type;
        }
    }
    throw vaner_error(VANER_INVALID_ARGUMENT, "weights of type '" + name + "' can't be converted");
}

static void to_float(ggml_type from, const uint8_t * source, float * weights, int64_t n) {
    switch (from) {
    case GGML_TYPE_F32: memcpy(weights, source, n * sizeof(float)); break;
    case GGML_TYPE_F16: ggml_fp16_to_fp32_row((const ggml_fp16_t *) source, weights, n); break;
    case GGML_TYPE_BF16: ggml_bf16_to_fp32_row((const ggml_bf16_t *) source, weights, n); break;
    default:
        for (int64_t i = 0; i < n; ++i) {
            double wide;
            memcpy(&wide, source + i * sizeof(double), sizeof(double));
            weights[i] = (float) wide;
            if (std::isfinite(wide) && !std::isfinite(weights[i])) {
                throw vaner_error(VANER_MODEL_WEIGHTS, vaner_format("the weight %g does not fit F32", wide));
            }
        }
    }
}

std::vector<uint8_t> weight_rows_encode(const std::vector<uint8_t> & rows, const std::string & from,
    const std::string & to, int64_t columns, const std::atomic<bool> & cancelled) {
    const ggml_type source = find_source(from);
    const ggml_type target = weight_type_find(to);
    const int64_t block = ggml_blck_size(target);
    if (columns < 1 || columns > INT32_MAX || columns % block != 0) {
        throw vaner_error(VANER_INVALID_ARGUMENT,
            vaner_format("rows of %lld weights can't be stored as %s: its blocks have %lld weights",
                (long long) columns, to.c_str(), (long long) block));
    }
    const size_t size_source = columns * ggml_type_size(source);
    if (rows.size() % size_source != 0) {
        throw vaner_error(VANER_INVALID_ARGUMENT,
            vaner_format("%zu bytes are not whole rows of %lld weights of type %s", rows.size(), (long long) columns,
                from.c_str()));
    }

    const size_t size_target = ggml_row_size(target, columns);
    const int64_t n_rows = (int64_t) (rows.size() / size_source);
    const int64_t n_slab = std::max<int64_t>(1, SLAB / columns);
    std::vector<float> weights(std::min(n_rows, n_slab) * columns);
    std::vector<uint8_t> encoded(n_rows * size_target);
    for (int64_t row = 0; row < n_rows; row += n_slab) {
        if (cancelled) {
            throw vaner_error(VANER_ABORTED, "converting weights was cancelled");
        }
        const int64_t n = std::min(n_slab, n_rows - row);
        to_float(source, rows.data() + row * size_source, weights.data(), n * columns);
        weight_check(weights.data(), n * columns, target);
        ggml_quantize_chunk(target, weights.data(), encoded.data() + row * size_target, 0, n, columns, nullptr);
    }
    if (!ggml_validate_row_data(target, encoded.data(), encoded.size())) {
        throw vaner_error(VANER_MODEL_WEIGHTS, "a weight does not fit " + to + ", use F32");
    }
    return encoded;
}
