#pragma once

#include "engine/batch_queue.h"
#include "graph/encoder.h"
#include "test/test.h"

#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <vector>

// A job, with a future for its end. Checks that it ends exactly once.
struct watched_job {
    std::shared_ptr<encode_job> job = std::make_shared<encode_job>();
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
            job->tagged_rows.push_back((int32_t) (job->tokens.size() + i));
        }
        job->tokens.insert(job->tokens.end(), sequence.begin(), sequence.end());
        job->offsets.push_back((int32_t) job->tokens.size());
    }

    // Rethrows the error of the job. Fails after a time limit instead of hanging.
    void wait() {
        if (future.wait_for(std::chrono::seconds(100)) != std::future_status::ready) {
            fprintf(stderr, "a job never ended\n");
            std::_Exit(1);
        }
        CHECK(*ends == 1);
        future.get();
    }
};

// Adds sequences for many batches.
inline void add_long(watched_job & job) {
    for (int i = 0; i < 300; ++i) {
        job.add(std::vector<int32_t>(30, 400));
    }
}

// The largest absolute difference; NaN if there is one.
inline double difference(const std::vector<float> & a, const std::vector<float> & b) {
    CHECK(a.size() == b.size());
    double worst = 0.0;
    for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
        const double d = std::fabs((double) a[i] - b[i]);
        worst = d <= worst ? worst : d;
    }
    return worst;
}

// Encodes the job's sequences one by one, without an engine.
inline std::vector<float> alone(encoder & enc, const encode_job & job) {
    std::vector<float> probs;
    for (size_t s = 0; s + 1 < job.offsets.size(); ++s) {
        std::vector<int32_t> rows;
        for (const int32_t row : job.tagged_rows) {
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
