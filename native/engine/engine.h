#pragma once

#include "encoder/encoder.h"
#include "engine/batch_queue.h"
#include "error.h"
#include "model/token_classifier.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

struct engine_params {
    int n_threads = 1;          // CPU threads in all
    int32_t batch_tokens = 512; // most tokens that are encoded together
};

// A model with threads of its own, which encode what callers submit. All methods from any thread.
//
// On the CPU each thread encodes batches by itself, a "lane": ggml would make threads meet at a spinning barrier after
// every operation, which on a machine that has other work to do is slower than one thread by orders of magnitude.
// Only models whose operations are large share a batch between threads.
class engine {
public:
    // Encodes a short sequence, so that weights that yield no numbers are refused before anyone relies on them.
    // throws VANER_DEVICE, VANER_OUT_OF_MEMORY, VANER_MODEL_WEIGHTS, VANER_COMPUTE
    engine(std::shared_ptr<const token_classifier> model, const engine_params & params);

    // Cancels what is left and waits for the threads. Not from within a job's done: that runs on one of them.
    ~engine();

    // NULL once closed
    std::shared_ptr<const token_classifier> model() const;

    // Takes offsets, rows and tokens as they are given and checks them.
    // throws VANER_INVALID_ARGUMENT, VANER_DISPOSED
    void submit(std::shared_ptr<encode_job> job);

    // Stops a job as soon as its batch allows.
    void cancel(const std::shared_ptr<encode_job> & job);

    // Refuses new jobs, drops those that no batch has begun, ends the others, frees the model, then calls closed.
    void close(std::function<void()> closed);

    // Cancels everything and waits for the threads. Idempotent.
    void stop();

private:
    using job_ptr = std::shared_ptr<encode_job>;

    struct lane {
        std::unique_ptr<encoder> enc;
        std::thread thread;
    };

    void check(const encode_job & job, const token_classifier & classifier) const;
    void run(lane & self);
    void leave();
    void encode(lane & self, queued_batch & queued);

    // With the mutex held. They return the jobs that have ended, to be told so without it.
    std::vector<job_ptr> drop(
        const std::function<bool(const encode_job &)> & match, vaner_status status, const char * message);
    std::vector<job_ptr> drop_unwanted();
    queued_batch take();
    std::vector<job_ptr> settle(const queued_batch & queued, const std::vector<std::exception_ptr> & errors);

    const engine_params params;
    size_t n_probs = 0; // values per row

    mutable std::mutex mutex;
    std::condition_variable changed;
    std::shared_ptr<const token_classifier> classifier;
    batch_queue queue;
    bool closing = false;
    size_t n_running = 0; // lanes
    std::vector<std::function<void()>> on_closed;

    std::atomic<bool> stopping{ false };
    std::mutex join_mutex;
    std::vector<lane> lanes; // fixed once the threads run
};
