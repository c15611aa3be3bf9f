#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

// Tokens of an instruction that sees nothing but itself.
using instruction_ptr = std::shared_ptr<const std::vector<int32_t>>;

// Whole sequences, packed one after the other without padding. Sequences never see each other, but each sees the instruction
// that it stands behind, where it has one.
struct encoder_batch {
    std::vector<int32_t> tokens;
    std::vector<int32_t> positions; // of each token in its sequence, from 0, or behind the instruction's
    std::vector<int32_t> offsets;   // [n_sequences + 1] sequence s owns tokens[offsets[s] .. offsets[s + 1])
    std::vector<int32_t> rows;      // indices of the tokens to classify, at least one

    std::vector<instruction_ptr> instructions; // each once, in the order in which sequences name them
    std::vector<int32_t> instruction_of;       // [n_sequences] index into instructions; -1: none

    encoder_batch() : offsets{ 0 } {}

    int32_t n_tokens() const { return (int32_t) tokens.size(); }
    int32_t n_sequences() const { return (int32_t) offsets.size() - 1; }

    // rows: indices into the sequence
    void add(const int32_t * sequence, int32_t n, const int32_t * sequence_rows, size_t n_rows,
        const instruction_ptr & instruction = nullptr) {
        const int32_t first = n_tokens();
        const int32_t position = instruction ? (int32_t) instruction->size() : 0;
        for (int32_t i = 0; i < n; ++i) {
            tokens.push_back(sequence[i]);
            positions.push_back(position + i);
        }
        for (size_t i = 0; i < n_rows; ++i) {
            rows.push_back(first + sequence_rows[i]);
        }
        offsets.push_back(n_tokens());
        instruction_of.push_back(instruction ? index_of(instruction) : -1);
    }

private:
    int32_t index_of(const instruction_ptr & instruction) {
        for (size_t i = 0; i < instructions.size(); ++i) {
            if (instructions[i] == instruction || *instructions[i] == *instruction) {
                return (int32_t) i;
            }
        }
        instructions.push_back(instruction);
        return (int32_t) instructions.size() - 1;
    }
};
