#pragma once

#include "graph/encoder_batch.h"
#include "model/gguf/model_format.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <vector>

// Sequences of one caller. They may be encoded in any number of batches, together with those of other callers.
struct encode_job {
    std::vector<int32_t> tokens;        // of all sequences
    std::vector<int32_t> offsets;       // [n_sequences + 1] sequence s owns tokens[offsets[s] .. offsets[s + 1])
    std::vector<int32_t> n_instruction; // [n_sequences] leading tokens that are the instruction; or empty
    std::vector<int32_t> tagged_rows;   // indices of the tokens that get a label, ascending

    std::vector<float> probs; // the result: [n_tagged_rows][n_probs]
    std::atomic<bool> cancelled{ false };

    // Called once, from any thread: without an error when probs is complete.
    std::function<void(encode_job & job, std::exception_ptr error)> done;

    // owned by the queue
    size_t next_sequence = 0;   // the first that is in no batch yet
    size_t next_tagged_row = 0; // the first of its tagged rows

    // owned by the engine
    std::vector<instruction_ptr> instructions; // [n_sequences] what was set apart, NULL: nothing; or empty
    size_t tagged_rows_left = 0;               // without a result so far
    int n_in_flight = 0;                       // batches that hold a part of it
    std::exception_ptr error;                  // why it ends early
};

// Checks what a caller submits.
// throws VANER_INVALID_ARGUMENT
void encode_job_check(const encode_job & job, const model_format & model);

// Moves the instructions out of the tokens, for models with sets_instructions_apart(). Of a checked job.
void encode_job_set_instructions_apart(encode_job & job);
