#pragma once

#include "engine/encode_job.h"
#include "graph/encoder_batch.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

// A sequence's share of a batch.
struct batch_piece {
    std::shared_ptr<encode_job> job;
    size_t first_tagged_row; // of the job
    size_t n_tagged_rows;
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

    // The next batch: at most n_tokens tokens, unless a single sequence has more. Empty where no job waits. A job whose next
    // sequence does not fit is passed over, and comes first in the next batch.
    queued_batch take(int32_t n_tokens);

    // Removes the jobs that match and returns them.
    std::vector<std::shared_ptr<encode_job>> remove_if(const std::function<bool(const encode_job &)> & match);

private:
    std::deque<std::shared_ptr<encode_job>> jobs; // each with a sequence to take
};
