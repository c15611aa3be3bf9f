// Batches that the queue makes of jobs.

#include "engine/batch_queue.h"
#include "test/test.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

using job_ptr = std::shared_ptr<encode_job>;

// lengths: of the sequences. Every token is unique, so that it can be found in a batch.
static job_ptr make_job(int id, const std::vector<int> & lengths, const std::vector<int32_t> & rows) {
    job_ptr job = std::make_shared<encode_job>();
    job->offsets.push_back(0);
    for (const int length : lengths) {
        for (int i = 0; i < length; ++i) {
            job->tokens.push_back(id * 100000 + (int32_t) job->tokens.size());
        }
        job->offsets.push_back((int32_t) job->tokens.size());
    }
    job->tagged_rows = rows;
    return job;
}

static job_ptr random_job(int id, std::mt19937 & rng) {
    std::vector<int> lengths(1 + rng() % 30);
    int n_tokens = 0;
    for (int & length : lengths) {
        length = 1 + (int) (rng() % 40);
        n_tokens += length;
    }
    // dense, sparse, or missing in most sequences
    const unsigned one_in = 1 + rng() % 3 * 30;
    std::vector<int32_t> rows;
    for (int32_t i = 0; i < n_tokens; ++i) {
        if (rng() % one_in == 0) {
            rows.push_back(i);
        }
    }
    return make_job(id, lengths, rows);
}

// A batch consists of whole sequences, and its tagged rows are those of its pieces.
static void check_batch(const queued_batch & queued, std::map<encode_job *, std::vector<int>> & covered) {
    const encoder_batch & batch = queued.batch;
    CHECK(queued.pieces.size() == (size_t) batch.n_sequences());
    CHECK(batch.tokens.size() == batch.positions.size());
    CHECK((batch.offsets.empty() ? 0 : batch.offsets.back()) == batch.n_tokens());
    size_t row = 0;
    for (size_t s = 0; s < queued.pieces.size(); ++s) {
        const batch_piece & piece = queued.pieces[s];
        const encode_job & job = *piece.job;
        const int32_t first = batch.offsets[s];
        const int32_t n = batch.offsets[s + 1] - first;
        const auto begin = std::find(job.tokens.begin(), job.tokens.end(), batch.tokens[first]);
        const int32_t job_first = (int32_t) (begin - job.tokens.begin());
        CHECK(std::binary_search(job.offsets.begin(), job.offsets.end(), job_first));
        CHECK(std::binary_search(job.offsets.begin(), job.offsets.end(), job_first + n));
        CHECK(piece.n_tagged_rows > 0);
        for (int32_t i = 0; i < n; ++i) {
            CHECK(batch.tokens[first + i] == job.tokens[job_first + i] && batch.positions[first + i] == i);
        }
        for (size_t i = 0; i < piece.n_tagged_rows; ++i, ++row) {
            CHECK(batch.tokens[batch.tagged_rows[row]] == job.tokens[job.tagged_rows[piece.first_tagged_row + i]]);
            CHECK(batch.tagged_rows[row] >= first && batch.tagged_rows[row] < first + n);
            ++covered[piece.job.get()][piece.first_tagged_row + i];
        }
    }
    CHECK(row == batch.tagged_rows.size());
}

static void test_random(unsigned seed) {
    std::mt19937 rng(seed);
    batch_queue queue;
    std::vector<job_ptr> jobs;
    std::map<encode_job *, std::vector<int>> covered;
    const int32_t limit = 1 + (int32_t) (rng() % 200);
    while (jobs.size() < 20 || !queue.empty()) {
        if (jobs.size() < 20 && rng() % 3 != 0) {
            jobs.push_back(random_job((int) jobs.size(), rng));
            covered[jobs.back().get()].assign(jobs.back()->tagged_rows.size(), 0);
            queue.push(jobs.back());
            continue;
        }
        const bool empty = queue.empty();
        const queued_batch queued = queue.take(limit);
        CHECK(queued.pieces.empty() == empty);
        CHECK(queued.batch.n_tokens() <= limit || queued.pieces.size() == 1);
        check_batch(queued, covered);
    }
    CHECK(queue.take(limit).pieces.empty());
    for (const job_ptr & job : jobs) {
        for (const int n : covered[job.get()]) {
            CHECK(n == 1);
        }
        CHECK(job.use_count() == 1); // the queue keeps no reference
    }
}

static void test_fairness() {
    batch_queue queue;
    std::vector<int32_t> all(1000);
    for (int32_t i = 0; i < 1000; ++i) {
        all[i] = i * 10;
    }
    const job_ptr long_job = make_job(1, std::vector<int>(1000, 10), all);
    queue.push(long_job);
    queue.take(100);
    const job_ptr short_job = make_job(2, { 10, 10 }, { 3, 12 });
    queue.push(short_job);

    size_t done = 0;
    const queued_batch next = queue.take(100);
    for (const batch_piece & piece : next.pieces) {
        done += piece.job == short_job ? piece.n_tagged_rows : 0;
    }
    CHECK(done == 2);
    CHECK(next.pieces.size() == 10); // filled up by the long job

    // A sequence that does not fit comes first in the next batch; others fill this one.
    batch_queue other;
    other.push(make_job(1, std::vector<int>(50, 10), std::vector<int32_t>(all.begin(), all.begin() + 50)));
    other.push(make_job(2, { 95 }, { 0 }));
    CHECK(other.take(100).batch.n_tokens() == 100);
    CHECK(other.take(100).batch.n_tokens() == 95);
    CHECK(other.take(100).batch.n_tokens() == 100);
}

static void test_rows_and_limits() {
    batch_queue queue;
    queue.push(make_job(1, { 5, 5 }, {})); // no tagged rows
    CHECK(queue.empty());

    queue.push(make_job(2, { 4, 4, 4, 4 }, { 6, 13 })); // the first and third sequence have no rows
    const queued_batch queued = queue.take(100);
    CHECK(queued.pieces.size() == 2 && queued.batch.n_tokens() == 8);
    CHECK(queued.batch.tokens.front() == 200004 && queued.batch.tagged_rows[1] == 5);
    CHECK(queue.empty());

    queue.push(make_job(3, { 300, 2 }, { 299, 300 })); // longer than a batch
    CHECK(queue.take(100).batch.n_tokens() == 300);
    CHECK(queue.take(100).batch.n_tokens() == 2);
    CHECK(queue.empty());
}

static void test_remove_if() {
    batch_queue queue;
    std::vector<job_ptr> jobs;
    for (int i = 0; i < 5; ++i) {
        jobs.push_back(make_job(i, { 3, 3 }, { 0, 4 }));
        queue.push(jobs.back());
    }
    queue.take(3); // the first job has begun
    const auto begun = queue.remove_if([](const encode_job & job) { return job.next_tagged_row > 0; });
    CHECK(begun.size() == 1 && begun.front() == jobs[0]);
    CHECK(queue.remove_if([](const encode_job &) { return false; }).empty());

    jobs[2]->cancelled = true;
    const auto cancelled = queue.remove_if([](const encode_job & job) { return job.cancelled.load(); });
    CHECK(cancelled.size() == 1 && cancelled.front() == jobs[2]);

    const queued_batch rest = queue.take(100);
    CHECK(rest.pieces.size() == 6);
    for (const batch_piece & piece : rest.pieces) {
        CHECK(piece.job != jobs[0] && piece.job != jobs[2]);
    }
    CHECK(queue.empty() && queue.remove_if([](const encode_job &) { return true; }).empty());
}

int main() {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        test_random(seed);
    }
    test_fairness();
    test_rows_and_limits();
    test_remove_if();
    return test_result();
}
