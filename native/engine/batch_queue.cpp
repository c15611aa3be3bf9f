#include "engine/batch_queue.h"

#include <algorithm>
#include <iterator>
#include <new>

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
static void take_sequence(encode_job & job, batch_piece & piece, encoder_batch & batch) {
    const int32_t begin = job.offsets[job.next_sequence];
    const int32_t end = job.offsets[job.next_sequence + 1];
    std::vector<int32_t> rows;
    while (job.next_tagged_row < job.tagged_rows.size() && job.tagged_rows[job.next_tagged_row] < end) {
        rows.push_back(job.tagged_rows[job.next_tagged_row++] - begin);
    }
    piece.n_tagged_rows = rows.size();
    batch.add(job.tokens.data() + begin, end - begin, rows.data(), rows.size(),
        job.instructions.empty() ? nullptr : job.instructions[job.next_sequence]);
    ++job.next_sequence;
}

static const size_t LOOK_AHEAD = 64; // jobs to search for a sequence that fits

queued_batch batch_queue::take(int32_t n_tokens) {
    queued_batch result;
    try {
        fill(result, n_tokens);
    } catch (const std::bad_alloc &) {
        result.error = std::current_exception();
        if (result.pieces.empty()) {
            jobs.front()->error = result.error; // else it would be tried for ever
        }
    }
    return result;
}

void batch_queue::fill(queued_batch & result, int32_t n_tokens) {
    auto fits = [&](const std::shared_ptr<encode_job> & job) {
        const int32_t n = job->offsets[job->next_sequence + 1] - job->offsets[job->next_sequence];
        return result.pieces.empty() || result.batch.n_tokens() + n <= n_tokens;
    };
    while (true) {
        const auto end = std::next(jobs.begin(), (ptrdiff_t) std::min(jobs.size(), LOOK_AHEAD));
        const auto next = std::find_if(jobs.begin(), end, fits);
        if (next == end) {
            break;
        }
        encode_job & job = **next;
        result.pieces.push_back({ *next, job.next_tagged_row });
        take_sequence(job, result.pieces.back(), result.batch);
        if (skip_to_tagged(job)) {
            jobs.splice(jobs.end(), jobs, next); // jobs that were skipped stay in front, for the next batch
        } else {
            jobs.erase(next);
        }
    }
}

job_list batch_queue::remove_if(const std::function<bool(const encode_job &)> & match) {
    job_list removed;
    for (auto it = jobs.begin(); it != jobs.end();) {
        const auto job = it++;
        if (match(**job)) {
            removed.splice(removed.end(), jobs, job);
        }
    }
    return removed;
}
