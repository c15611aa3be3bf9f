// Clients of one engine share it, and join and leave without affecting each other.

#include "engine/engine_client.h"

#include "test/fixtures.h"
#include "test/watched_job.h"

#include <random>
#include <thread>

static std::shared_ptr<engine_client> load(const std::string & name, int n_threads = 2) {
    engine_params params;
    params.n_threads = n_threads;
    return engine_client::load(fixture_model_path(name), {}, params);
}

static void close_and_wait(engine_client & client) {
    std::promise<void> closed;
    client.close([&] { closed.set_value(); });
    closed.get_future().get();
}

// Only clients with equal options and the same adapter share an engine.
static void test_sharing() {
    const auto a = load("tiny-f32");
    const auto b = load("tiny-f32");
    const auto other_threads = load("tiny-f32", 1);
    const auto other_model = load("tiny-q8_0");
    CHECK(a->model() == b->model());
    CHECK(a->model() != other_threads->model() && a->model()->base == other_threads->model()->base);
    CHECK(a->model() != other_model->model());

    token_classifier_params none;
    none.int8 = int8_use::none;
    CHECK(a->model() != engine_client::load(fixture_model_path("tiny-f32"), none, {})->model());
}

static void test_closing_one() {
    const auto stays = load("tiny-f32");
    const std::weak_ptr<const token_classifier> watched = stays->model();
    watched_job first, begun, waiting, late;
    first.add({ 1, 2, 3 });
    add_long(begun);
    waiting.add({ 1, 2, 3 });
    late.add({ 1 });
    {
        const auto leaves = load("tiny-f32");
        leaves->submit(first.job);
        first.wait();
        stays->submit(begun.job);
        close_and_wait(*leaves);
        CHECK(leaves->model() == nullptr);
        CHECK(leaves->batches().n_batches == 0);
        CHECK_THROWS(VANER_DISPOSED, leaves->submit(late.job));
        leaves->cancel(begun.job); // not its own job, and too late: no effect
        bool again = false;
        leaves->close([&] { again = true; });
        CHECK(again);
    }
    begun.wait();
    CHECK(!watched.expired());
    stays->submit(waiting.job);
    waiting.wait();
    close_and_wait(*stays);
    CHECK(watched.expired()); // freed before the callback
    CHECK(*late.ends == 0);

    const auto anew = load("tiny-f32");
    watched_job after;
    after.add({ 1, 2, 3 });
    anew->submit(after.job);
    after.wait();
    CHECK_AT_MOST(difference(after.job->probs, waiting.job->probs), 1e-6);
}

// Closing a client finishes its running jobs, refuses its waiting ones, and leaves other clients alone.
static void test_closing_busy() {
    const auto stays = load("tiny-f32", 1);
    const auto leaves = load("tiny-f32", 1);
    watched_job others, waiting;
    add_long(others);
    add_long(waiting);
    std::promise<void> closed;
    watched_job marker([&] { // on the engine's thread, while the other client's job runs
        leaves->submit(waiting.job);
        leaves->close([&] { closed.set_value(); });
    });
    marker.add({ 1, 2, 3 });
    stays->submit(others.job);
    leaves->submit(marker.job);
    marker.wait();
    CHECK_THROWS(VANER_DISPOSED, waiting.wait());
    closed.get_future().get();
    others.wait();
    const auto enc = encoder::create(*stays->model(), encoder_params());
    CHECK_AT_MOST(difference(others.job->probs, alone(*enc, *others.job)), 1e-6);
}

// A destroyed client cancels its jobs without waiting.
static void test_dropping() {
    std::vector<watched_job> jobs(6);
    for (watched_job & job : jobs) {
        add_long(job);
    }
    {
        const auto a = load("tiny-f32");
        const auto b = load("tiny-f32");
        for (size_t j = 0; j < jobs.size(); ++j) {
            (j % 2 ? a : b)->submit(jobs[j].job);
        }
    }
    for (watched_job & job : jobs) {
        try {
            job.wait(); // had already finished
        } catch (const vaner_error & e) {
            CHECK(e.status == VANER_ABORTED || e.status == VANER_DISPOSED);
        }
    }
}

static void test_many_at_once() {
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 6; ++t) {
        threads.emplace_back([t] {
            std::mt19937 rng(t);
            for (int round = 0; round < 12; ++round) {
                const auto client = load(t % 3 == 0 ? "tiny-q8_0" : "tiny-f32");
                std::vector<watched_job> jobs(rng() % 4);
                for (watched_job & job : jobs) {
                    for (unsigned i = 0; i < 40; ++i) {
                        job.add(std::vector<int32_t>(1 + rng() % 30, 7));
                    }
                    client->submit(job.job);
                }
                const bool cancels = rng() % 2 == 0;
                if (cancels && !jobs.empty()) {
                    client->cancel(jobs.front().job);
                }
                if (rng() % 2 == 0) {
                    close_and_wait(*client);
                }
                for (watched_job & job : jobs) {
                    try {
                        job.wait();
                    } catch (const vaner_error & e) {
                        CHECK(e.status == VANER_DISPOSED || (cancels && e.status == VANER_ABORTED));
                    }
                }
            }
        });
    }
    for (std::thread & thread : threads) {
        thread.join();
    }
}

int main() {
    for (int i = 0; i < 5; ++i) {
        test_sharing();
        test_closing_one();
        test_closing_busy();
        test_dropping();
        test_many_at_once();
    }
    return test_result();
}
