// What callers get back, and what is refused.

#include "engine/engine.h"

#include "fixtures.h"
#include "watched_job.h"

#include <random>
#include <thread>

static std::vector<int32_t> random_sequence(std::mt19937 & rng, int longest) {
    std::vector<int32_t> sequence(1 + rng() % longest);
    for (int32_t & token : sequence) {
        token = (int32_t) (rng() % 500);
    }
    return sequence;
}

static void test_many_callers(const std::string & name, const engine_params & params) {
    const std::shared_ptr<const token_classifier> model = fixture_model(name);
    engine eng(model, params);
    std::vector<watched_job> jobs(48);
    std::mt19937 rng(1);
    for (watched_job & job : jobs) {
        for (unsigned n = 1 + rng() % 10; n > 0; --n) {
            job.add(random_sequence(rng, 60));
        }
        if (rng() % 2 == 0) { // rows of some tokens only
            std::vector<int32_t> rows;
            for (const int32_t row : job.job->rows) {
                if (rng() % 20 == 0) {
                    rows.push_back(row);
                }
            }
            job.job->rows = rows; // may be empty
        }
    }
    std::vector<std::thread> callers;
    for (size_t c = 0; c < 6; ++c) {
        callers.emplace_back([&, c] {
            for (size_t j = c; j < jobs.size(); j += 6) {
                eng.submit(jobs[j].job);
                if (j % 3 == 0) {
                    jobs[j].wait();
                }
            }
        });
    }
    for (std::thread & caller : callers) {
        caller.join();
    }
    encoder enc(*model, encoder_params());
    for (watched_job & job : jobs) {
        if (job.future.valid()) {
            job.wait();
        }
        CHECK_AT_MOST(difference(job.job->probs, alone(enc, *job.job)), 1e-6);
    }
    eng.stop();
    for (const watched_job & job : jobs) {
        CHECK(job.job.use_count() == 1); // nothing is kept of a job that ended
    }
}

static void test_invalid(const std::shared_ptr<const token_classifier> & model) {
    engine eng(model, engine_params());
    auto refused = [&](std::vector<int32_t> tokens, std::vector<int32_t> offsets, std::vector<int32_t> rows) {
        watched_job job;
        job.job->tokens = std::move(tokens);
        job.job->offsets = std::move(offsets);
        job.job->rows = std::move(rows);
        CHECK_THROWS(VANER_INVALID_ARGUMENT, eng.submit(job.job));
        CHECK(*job.ends == 0);
    };
    const int32_t n_vocab = (int32_t) model->format.n_vocab;
    refused({ 1, 2 }, {}, {});
    refused({ 1, 2 }, { 0 }, {});
    refused({ 1, 2 }, { 0, 3 }, { 0 });
    refused({ 1, 2 }, { 1, 2 }, { 1 });
    refused({ 1, 2 }, { 0, 0, 2 }, { 0 });
    refused({ 1, 2 }, { 0, 2, 2 }, { 0 });
    refused({ 1, 2, 3 }, { 0, 2, 1, 3 }, { 0 });
    refused({ 1, 2, 3 }, { 0, -1, 3 }, { 0 });
    refused({ 1, 2, 3 }, { 0, 5, 3 }, { 0 });
    refused({ 1, n_vocab }, { 0, 2 }, { 0 });
    refused({ 1, -1 }, { 0, 2 }, { 0 });
    refused({ 1, INT32_MAX }, { 0, 2 }, { 0 });
    refused({ 1, 2 }, { 0, 2 }, { 2 });
    refused({ 1, 2 }, { 0, 2 }, { -1 });
    refused({ 1, 2 }, { 0, 2 }, { 1, 0 });
    refused({ 1, 2 }, { 0, 2 }, { 1, 1 });
    refused(std::vector<int32_t>(513, 1), { 0, 513 }, { 0 });

    watched_job longest;
    longest.add(std::vector<int32_t>(512, n_vocab - 1));
    eng.submit(longest.job);
    longest.wait();
    watched_job nothing;
    eng.submit(nothing.job);
    nothing.wait();
    CHECK(nothing.job->probs.empty());
}

int main() {
    for (const int n_threads : { 1, 2, 3 }) {
        for (const int32_t batch_tokens : { 64, 512 }) {
            engine_params params;
            params.n_threads = n_threads;
            params.batch_tokens = batch_tokens;
            test_many_callers("tiny-f32", params);
            test_many_callers("tiny-heads-f32", params);
        }
    }
    test_invalid(fixture_model("tiny-f32"));
    return test_result();
}
