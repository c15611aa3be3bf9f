// Jobs that are cancelled, and engines that are closed, stopped or destroyed while they are busy.

#include "engine/engine.h"

#include "test/fixtures.h"
#include "test/watched_job.h"

#include <thread>

static void test_cancel(const std::shared_ptr<const token_classifier> & model) {
    engine eng(model, engine_params());
    watched_job long_job;
    add_long(long_job);
    // ends after the long job has begun, on the engine's thread
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

    // in the middle of a batch, or just after it
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
    watched_job short_job([&] { // the long job runs
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
    const auto enc = encoder::create(*model, encoder_params());
    CHECK_AT_MOST(difference(long_job.job->probs, alone(*enc, *long_job.job)), 1e-6);

    CHECK_THROWS(VANER_DISPOSED, eng.submit(late.job));
    bool called = false;
    eng.close([&] { called = true; }); // at once
    CHECK(called);
    eng.cancel(long_job.job); // too late: no effect
    eng.stop();
    eng.stop();
}

// A model lives as long as its engine.
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
    engines[1].reset(); // with running and waiting jobs
    stopper.join();
    for (watched_job & job : jobs) {
        try {
            job.wait(); // had already finished
        } catch (const vaner_error & e) {
            CHECK(e.status == VANER_ABORTED || e.status == VANER_DISPOSED);
        }
    }
}

int main() {
    const std::shared_ptr<const token_classifier> model = fixture_model("tiny-f32");
    for (int i = 0; i < 5; ++i) {
        test_cancel(model);
        test_close(model);
        test_life();
    }
    return test_result();
}
