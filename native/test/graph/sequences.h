#pragma once

#include "graph/encoder.h"
#include "test/fixtures.h"
#include "test/test.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

// Reference sequences, encoded alone or in batches, and differences of their probabilities.

struct difference {
    double worst = 0.0;
    double sum = 0.0;
    size_t n = 0;

    double mean() const { return sum / std::max<size_t>(n, 1); }

    void add(const float * a, const float * b, size_t count) {
        for (size_t i = 0; i < count; ++i) {
            const double d = std::fabs((double) a[i] - b[i]);
            worst = d <= worst ? worst : d; // keeps a NaN
            sum += d;
        }
        n += count;
    }
};

inline double worst_of(const std::vector<float> & a, const std::vector<float> & b) {
    CHECK(a.size() == b.size());
    difference d;
    d.add(a.data(), b.data(), std::min(a.size(), b.size()));
    return d.worst;
}

inline void add(encoder_batch & batch, const reference_sequence & s) {
    const int32_t n = s.n_instruction;
    instruction_ptr instruction;
    if (n > 0) {
        instruction = std::make_shared<const std::vector<int32_t>>(s.tokens.begin(), s.tokens.begin() + n);
    }
    std::vector<int32_t> rows = s.rows;
    for (int32_t & row : rows) {
        row -= n;
    }
    batch.add(s.tokens.data() + n, (int32_t) s.tokens.size() - n, rows.data(), rows.size(), instruction);
}

inline std::vector<float> encode_one(encoder & enc, const reference_sequence & s) {
    encoder_batch batch;
    add(batch, s);
    return enc.encode(batch);
}

inline std::vector<size_t> backwards(size_t n) {
    std::vector<size_t> order(n);
    std::iota(order.rbegin(), order.rend(), 0);
    return order;
}

// All sequences in one batch, in this order; results in the order of `sequences`.
inline std::vector<std::vector<float>> encode_batched(
    encoder & enc, const std::vector<reference_sequence> & sequences, const std::vector<size_t> & order) {
    encoder_batch batch;
    for (const size_t s : order) {
        add(batch, sequences[s]);
    }
    const std::vector<float> probs = enc.encode(batch);
    CHECK(probs.size() == batch.tagged_rows.size() * enc.n_probs());
    std::vector<std::vector<float>> result(sequences.size());
    const float * from = probs.data();
    for (const size_t s : order) {
        result[s].assign(from, from + sequences[s].rows.size() * enc.n_probs());
        from += result[s].size();
    }
    return result;
}
