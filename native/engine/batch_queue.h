#pragma once

#include "engine/encode_job.h"
#include "graph/encoder_batch.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <vector>

// Whose sequence of a batch it is, and where its results go.
struct batch_piece {
    std::shared_ptr<encode_job> job;
    size_t first_tagged_row; // of the job
    size_t n_tagged_rows = 0;
    std::exception_ptr error = nullptr; // why it has no result
    bool ends_job = false;
};

struct queued_batch {
    encoder_batch batch;
    std::vector<batch_piece> pieces; // [n_sequences]
    std::exception_ptr error;        // there was no memory to make it: its jobs fail
};

// A list, because moving its elements never allocates: jobs can be told that there is no memory.
using job_list = std::list<std::shared_ptr<encode_job>>;

// Work queue: jobs in, batches out. Takes one sequence of each job in turn (round robin), so that a long job does not
// delay a short one, and different jobs share batches. Not thread-safe.
class batch_queue {
public:
    void push(std::shared_ptr<encode_job> job);
    bool empty() const { return jobs.empty(); }

    // Tokens of all sequences that are in no batch yet.
    int64_t n_tokens() const;

    // The next batch: at most n_tokens tokens, or one longer sequence. Empty if no job waits. A job whose next sequence
    // does not fit is skipped and comes first in the next batch.
    queued_batch take(int32_t n_tokens);

    // Removes the jobs that match and returns them.
    job_list remove_if(const std::function<bool(const encode_job &)> & match);

private:
    void fill(queued_batch & result, int32_t n_tokens);

    job_list jobs; // each has a sequence that is in no batch yet
};
