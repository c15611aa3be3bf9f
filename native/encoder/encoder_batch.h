#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

// Whole sequences, packed one after the other without padding. Sequences never see each other.
struct encoder_batch {
    std::vector<int32_t> tokens;
    std::vector<int32_t> positions; // of each token in its sequence, from 0
    std::vector<int32_t> offsets;   // [n_sequences + 1] sequence s owns tokens[offsets[s] .. offsets[s + 1])
    std::vector<int32_t> rows;      // indices of the tokens to classify, at least one

    encoder_batch() : offsets{ 0 } {}

    int32_t n_tokens() const { return (int32_t) tokens.size(); }
    int32_t n_sequences() const { return (int32_t) offsets.size() - 1; }

    // rows: indices into the sequence
    void add(const int32_t * sequence, int32_t n, const int32_t * sequence_rows, size_t n_rows) {
        const int32_t first = n_tokens();
        for (int32_t i = 0; i < n; ++i) {
            tokens.push_back(sequence[i]);
            positions.push_back(i);
        }
        for (size_t i = 0; i < n_rows; ++i) {
            rows.push_back(first + sequence_rows[i]);
        }
        offsets.push_back(n_tokens());
    }
};
