#pragma once

#include "encoder/encoder_batch.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

// Sequences of one caller, to be encoded in any batches.
struct encode_job {
    std::vector<int32_t> tokens;  // of all sequences
    std::vector<int32_t> offsets; // [n_sequences + 1]
    std::vector<int32_t> rows;    // indices into tokens of the tokens to classify, ascending

    std::vector<float> probs; // the result: [n_rows][n_probs]
    std::atomic<bool> cancelled{ false };

    // Called once, from any thread: with no error when probs is complete.
    std::function<void(encode_job & job, std::exception_ptr error)> done;

    // kept by the queue
    size_t next_sequence = 0; // the first that no batch has taken
    size_t next_row = 0;      // the first of its rows

    // kept by the engine
    size_t rows_left = 0;     // to be filled in
    int n_in_flight = 0;      // batches that hold a part of it
    std::exception_ptr error; // why it ends before it is complete
};

// A sequence's share of a batch.
struct batch_piece {
    std::shared_ptr<encode_job> job;
    size_t first_row; // in the job
    size_t n_rows;
};

struct queued_batch {
    encoder_batch batch;
    std::vector<batch_piece> pieces; // in the order of the batch's sequences
};

// Jobs that wait, and the batches that are made of them. Sequences are taken from the jobs in turn, so that
// a short job is not held up by a long one, and those of different jobs share batches. Not thread-safe.
class batch_queue {
public:
    void push(std::shared_ptr<encode_job> job);
    bool empty() const { return jobs.empty(); }

    // Tokens of the sequences that no batch has taken.
    int64_t n_tokens() const;

    // The next batch: at most n_tokens tokens, unless a single sequence has more. Empty where no job waits.
    queued_batch take(int32_t n_tokens);

    // Removes the jobs that match and returns them.
    std::vector<std::shared_ptr<encode_job>> remove_if(const std::function<bool(const encode_job &)> & match);

private:
    std::deque<std::shared_ptr<encode_job>> jobs; // each with a sequence to take
};
