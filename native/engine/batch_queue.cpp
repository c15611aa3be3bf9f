#include "engine/batch_queue.h"

#include <algorithm>

// Moves to the next sequence with tagged rows; false if there is none.
static bool skip_to_tagged(encode_job & job) {
    if (job.next_tagged_row == job.tagged_rows.size()) {
        return false;
    }
    while (job.offsets[job.next_sequence + 1] <= job.tagged_rows[job.next_tagged_row]) {
        ++job.next_sequence;
    }
    return true;
}

void batch_queue::push(std::shared_ptr<encode_job> job) {
    if (skip_to_tagged(*job)) {
        jobs.push_back(std::move(job));
    }
}

int64_t batch_queue::n_tokens() const {
    int64_t n = 0;
    for (const auto & job : jobs) {
        n += job->offsets.back() - job->offsets[job->next_sequence];
    }
    return n;
}

// Adds the job's next sequence to the batch.
static batch_piece take_sequence(const std::shared_ptr<encode_job> & job, encoder_batch & batch) {
    const int32_t begin = job->offsets[job->next_sequence];
    const int32_t end = job->offsets[job->next_sequence + 1];
    batch_piece piece{ job, job->next_tagged_row, 0 };
    std::vector<int32_t> rows;
    while (job->next_tagged_row < job->tagged_rows.size() && job->tagged_rows[job->next_tagged_row] < end) {
        rows.push_back(job->tagged_rows[job->next_tagged_row++] - begin);
    }
    piece.n_tagged_rows = rows.size();
    batch.add(job->tokens.data() + begin, end - begin, rows.data(), rows.size(),
        job->instructions.empty() ? nullptr : job->instructions[job->next_sequence]);
    ++job->next_sequence;
    return piece;
}

static const size_t LOOK_AHEAD = 64; // jobs to search for a sequence that fits

queued_batch batch_queue::take(int32_t n_tokens) {
    queued_batch result;
    auto fits = [&](const std::shared_ptr<encode_job> & job) {
        const int32_t n = job->offsets[job->next_sequence + 1] - job->offsets[job->next_sequence];
        return result.pieces.empty() || result.batch.n_tokens() + n <= n_tokens;
    };
    while (true) {
        const auto end = jobs.begin() + std::min(jobs.size(), LOOK_AHEAD);
        const auto next = std::find_if(jobs.begin(), end, fits);
        if (next == end) {
            break;
        }
        const std::shared_ptr<encode_job> job = *next;
        jobs.erase(next); // jobs that were skipped stay in front, for the next batch
        result.pieces.push_back(take_sequence(job, result.batch));
        if (skip_to_tagged(*job)) {
            jobs.push_back(job);
        }
    }
    return result;
}

std::vector<std::shared_ptr<encode_job>> batch_queue::remove_if(const std::function<bool(const encode_job &)> & match) {
    std::vector<std::shared_ptr<encode_job>> removed;
    std::deque<std::shared_ptr<encode_job>> kept;
    for (auto & job : jobs) {
        if (match(*job)) {
            removed.push_back(job);
        } else {
            kept.push_back(job);
        }
    }
    jobs.swap(kept);
    return removed;
}
