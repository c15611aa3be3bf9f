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

struct engine_params {
    int n_threads = 1;          // CPU threads
    int32_t batch_tokens = 512; // most tokens that are encoded together
};

// A model with a thread of its own, which encodes what callers submit. All methods from any thread.
class engine {
public:
    // Encodes a short sequence, so that weights that yield no numbers are refused before anyone relies on them.
    // throws VANER_DEVICE, VANER_OUT_OF_MEMORY, VANER_MODEL_WEIGHTS, VANER_COMPUTE
    engine(std::shared_ptr<const token_classifier> model, const engine_params & params);

    // Cancels what is left and waits for the thread. Not from within a job's done: that runs on the thread itself.
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

    // Cancels everything and waits for the thread. Idempotent.
    void stop();

private:
    void run();
    void encode(queued_batch & queued);
    void finish(encode_job & job, std::exception_ptr error);
    void drop(const std::function<bool(const encode_job &)> & match, vaner_status status, const char * message);
    void check(const encode_job & job, const token_classifier & classifier) const;

    const engine_params params;

    mutable std::mutex mutex;
    std::condition_variable changed;
    std::shared_ptr<const token_classifier> classifier;
    batch_queue queue;
    bool closing = false;
    bool ended = false;
    std::vector<std::function<void()>> on_closed;

    std::atomic<bool> stopping{ false };
    std::unique_ptr<encoder> enc; // used by the thread only
    std::mutex join_mutex;
    std::thread thread;
};
