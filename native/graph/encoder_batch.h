#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

// Tokens of an instruction that attends to itself only.
using instruction_ptr = std::shared_ptr<const std::vector<int32_t>>;

// An unpadded batch: whole sequences, concatenated. Sequences never attend to each other. A sequence attends to the
// instruction in front of it, if it has one; the instruction's tokens are not part of `tokens`.
struct encoder_batch {
    std::vector<int32_t> tokens;
    std::vector<int32_t> positions; // of each token in its sequence: from 0, or from the length of the instruction
    std::vector<int32_t> offsets;   // [n_sequences + 1] sequence s owns tokens[offsets[s] .. offsets[s + 1]); or empty
    std::vector<int32_t> tagged_rows; // indices of the tokens that get a label, at least one

    std::vector<instruction_ptr> instructions; // without repetition, in order of first use
    std::vector<int32_t> instruction_of;       // [n_sequences] index into instructions; -1: none

    int32_t n_tokens() const { return (int32_t) tokens.size(); }
    int32_t n_sequences() const { return offsets.empty() ? 0 : (int32_t) offsets.size() - 1; }

    // Appends a sequence of n tokens. tagged: indices into the sequence
    void add(const int32_t * sequence, int32_t n, const int32_t * tagged, size_t n_tagged,
        const instruction_ptr & instruction = nullptr) {
        const int32_t first = n_tokens();
        if (offsets.empty()) {
            offsets.push_back(0);
        }
        const int32_t position = instruction ? (int32_t) instruction->size() : 0;
        for (int32_t i = 0; i < n; ++i) {
            tokens.push_back(sequence[i]);
            positions.push_back(position + i);
        }
        for (size_t i = 0; i < n_tagged; ++i) {
            tagged_rows.push_back(first + tagged[i]);
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
