#pragma once

#include "graph/encoder_batch.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <vector>

// Sequences of one caller, to be encoded in any batches.
struct encode_job {
    std::vector<int32_t> tokens;        // of all sequences
    std::vector<int32_t> offsets;       // [n_sequences + 1]
    std::vector<int32_t> n_instruction; // [n_sequences] tokens that each begins with which are its instruction
    std::vector<int32_t> rows;          // indices into tokens of the tokens to classify, ascending

    std::vector<float> probs; // the result: [n_rows][n_probs]
    std::atomic<bool> cancelled{ false };

    // Called once, from any thread: with no error when probs is complete.
    std::function<void(encode_job & job, std::exception_ptr error)> done;

    // kept by the queue
    size_t next_sequence = 0; // the first that no batch has taken
    size_t next_row = 0;      // the first of its rows

    // kept by the engine
    std::vector<instruction_ptr> instructions; // [n_sequences] those that were set apart, NULL for none; or empty
    size_t rows_left = 0;                      // to be filled in
    int n_in_flight = 0;                       // batches that hold a part of it
    std::exception_ptr error;                  // why it ends before it is complete
};

// Takes the instructions out of the tokens, for models whose instructions see nothing but themselves. No rows may lie in them,
// and no sequence may be one as a whole.
void encode_job_set_instructions_apart(encode_job & job);
