#include "engine/engine.h"

#include "fixtures.h"
#include "test.h"

#include <chrono>
#include <functional>
#include <future>
#include <random>
#include <thread>
#include <vector>

using job_ptr = std::shared_ptr<encode_job>;

// A job and its end. Every job has to end exactly once.
struct watched_job {
    job_ptr job = std::make_shared<encode_job>();
    std::shared_ptr<std::promise<void>> promise = std::make_shared<std::promise<void>>();
    std::shared_ptr<std::atomic<int>> ends = std::make_shared<std::atomic<int>>(0);
    std::future<void> future = promise->get_future();

    explicit watched_job(std::function<void()> at_end = nullptr) {
        job->offsets = { 0 };
        job->done = [promise = promise, ends = ends, at_end](encode_job &, std::exception_ptr error) {
            if (at_end) {
                at_end();
            }
            if ((*ends)++ == 0) {
                error ? promise->set_exception(error) : promise->set_value();
            }
        };
    }

    void add(const std::vector<int32_t> & sequence) {
        for (size_t i = 0; i < sequence.size(); ++i) {
            job->rows.push_back((int32_t) (job->tokens.size() + i));
        }
        job->tokens.insert(job->tokens.end(), sequence.begin(), sequence.end());
        job->offsets.push_back((int32_t) job->tokens.size());
    }

    // rethrows what the job ended with; a test that hangs is one that fails
    void wait() {
        if (future.wait_for(std::chrono::seconds(100)) != std::future_status::ready) {
            fprintf(stderr, "a job never ended\n");
            std::_Exit(1);
        }
        CHECK(*ends == 1);
        future.get();
    }
};

static std::vector<int32_t> random_sequence(std::mt19937 & rng, int longest) {
    std::vector<int32_t> sequence(1 + rng() % longest);
    for (int32_t & token : sequence) {
        token = (int32_t) (rng() % 500);
    }
    return sequence;
}

static void add_long(watched_job & job) {
    for (int i = 0; i < 300; ++i) {
        job.add(std::vector<int32_t>(30, 400));
    }
}

static double difference(const std::vector<float> & a, const std::vector<float> & b) {
    CHECK(a.size() == b.size());
    double worst = 0.0;
    for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
        const double d = std::fabs((double) a[i] - b[i]);
        worst = d <= worst ? worst : d;
    }
    return worst;
}

// Encodes the job's sequences one by one, without an engine.
static std::vector<float> alone(encoder & enc, const encode_job & job) {
    std::vector<float> probs;
    for (size_t s = 0; s + 1 < job.offsets.size(); ++s) {
        std::vector<int32_t> rows;
        for (const int32_t row : job.rows) {
            if (row >= job.offsets[s] && row < job.offsets[s + 1]) {
                rows.push_back(row - job.offsets[s]);
            }
        }
        if (!rows.empty()) {
            encoder_batch batch;
            batch.add(&job.tokens[job.offsets[s]], job.offsets[s + 1] - job.offsets[s], rows.data(), rows.size());
            const std::vector<float> some = enc.encode(batch);
            probs.insert(probs.end(), some.begin(), some.end());
        }
    }
    return probs;
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
    double worst = 0.0;
    for (size_t j = 0; j < jobs.size(); ++j) {
        if (jobs[j].future.valid()) {
            jobs[j].wait();
        }
        worst = std::max(worst, difference(jobs[j].job->probs, alone(enc, *jobs[j].job)));
    }
    CHECK_AT_MOST(worst, 1e-6);
    eng.stop();
    for (const watched_job & job : jobs) {
        CHECK(job.job.use_count() == 1); // nothing is kept of a job that ended
    }
}

static void test_cancel(const std::shared_ptr<const token_classifier> & model) {
    engine eng(model, engine_params());
    watched_job long_job;
    add_long(long_job);
    // ends after the long one has begun, on the engine's thread
    watched_job short_job([&] { eng.cancel(long_job.job); });
    short_job.add({ 1, 2, 3 });
    eng.submit(long_job.job);
    eng.submit(short_job.job);
    short_job.wait();
    CHECK_THROWS(VANER_ABORTED, long_job.wait());

    watched_job waiting;
    add_long(waiting);
    watched_job before;
    add_long(before);
    eng.submit(before.job);
    eng.submit(waiting.job);
    eng.cancel(waiting.job);
    eng.cancel(waiting.job);
    CHECK_THROWS(VANER_ABORTED, waiting.wait());
    before.wait();

    // in the middle of a batch: it may also just have ended
    for (int i = 0; i < 20; ++i) {
        watched_job job;
        job.add(std::vector<int32_t>(512, 300 + i));
        eng.submit(job.job);
        std::this_thread::sleep_for(std::chrono::microseconds(i * 200));
        eng.cancel(job.job);
        try {
            job.wait();
        } catch (const vaner_error & e) {
            CHECK(e.status == VANER_ABORTED);
        }
    }
    watched_job after;
    after.add({ 1, 2, 3 });
    eng.submit(after.job);
    after.wait();
}

static void test_close(const std::shared_ptr<const token_classifier> & model) {
    engine eng(model, engine_params());
    std::promise<void> closed;
    watched_job long_job;
    watched_job waiting;
    watched_job late;
    add_long(long_job);
    add_long(waiting);
    late.add({ 1 });
    watched_job short_job([&] { // the long one is under way
        eng.submit(waiting.job);
        eng.close([&] { closed.set_value(); });
        CHECK_THROWS(VANER_DISPOSED, eng.submit(late.job));
    });
    short_job.add({ 1, 2, 3 });
    eng.submit(long_job.job);
    eng.submit(short_job.job);
    short_job.wait();
    long_job.wait();
    CHECK_THROWS(VANER_DISPOSED, waiting.wait());
    closed.get_future().get();
    CHECK(*late.ends == 0);
    CHECK(eng.model() == nullptr);
    encoder enc(*model, encoder_params());
    CHECK_AT_MOST(difference(long_job.job->probs, alone(enc, *long_job.job)), 1e-6);

    CHECK_THROWS(VANER_DISPOSED, eng.submit(late.job));
    bool called = false;
    eng.close([&] { called = true; }); // at once
    CHECK(called);
    eng.cancel(long_job.job); // too late, and harmless
    eng.stop();
    eng.stop();
}

// A model is freed with its engine, and no sooner.
static void test_life() {
    std::shared_ptr<const token_classifier> model = fixture_model("tiny-f32");
    const std::weak_ptr<const token_classifier> watched = model;
    {
        engine idle(std::move(model), engine_params());
        CHECK(!watched.expired() && idle.model() == watched.lock());
        std::promise<void> closed;
        idle.close([&] { closed.set_value(); });
        closed.get_future().get();
        CHECK(watched.expired());
    }
    std::vector<watched_job> jobs(10);
    for (watched_job & job : jobs) {
        add_long(job);
    }
    std::vector<std::unique_ptr<engine>> engines;
    for (int i = 0; i < 2; ++i) {
        engines.push_back(std::make_unique<engine>(fixture_model("tiny-f32"), engine_params()));
    }
    for (size_t j = 0; j < jobs.size(); ++j) {
        engines[j % 2]->submit(jobs[j].job);
    }
    std::thread stopper([&] { engines[0]->stop(); });
    engines[0]->stop();
    engines[1].reset(); // with jobs under way and waiting
    stopper.join();
    for (watched_job & job : jobs) {
        try {
            job.wait(); // one that was quick
        } catch (const vaner_error & e) {
            CHECK(e.status == VANER_ABORTED || e.status == VANER_DISPOSED);
        }
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
    for (const int n_threads : { 1, 2 }) {
        for (const int32_t batch_tokens : { 64, 512 }) {
            engine_params params;
            params.n_threads = n_threads;
            params.batch_tokens = batch_tokens;
            test_many_callers("tiny-f32", params);
            test_many_callers("tiny-heads-f32", params);
        }
    }
    const std::shared_ptr<const token_classifier> model = fixture_model("tiny-f32");
    for (int i = 0; i < 5; ++i) {
        test_cancel(model);
        test_close(model);
        test_life();
    }
    test_invalid(model);
    return test_result();
}
