#pragma once

#include "engine/batch_queue.h"
#include "engine/work_pool.h"
#include "error.h"
#include "graph/encoder.h"
#include "model/token_classifier.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

struct engine_params {
    int n_threads = 1;          // CPU threads in all
    int32_t batch_tokens = 512; // most tokens that are encoded together
};

// A model that encodes what callers submit, on the threads of the process. All methods from any thread.
//
// On the CPU each thread encodes batches by itself, in a "lane": ggml would make threads meet at a spinning barrier after
// every operation, which on a machine that has other work to do is slower than one thread by orders of magnitude.
// Only models whose operations are large share a batch between threads.
class engine : private work_source {
public:
    // Encodes a short sequence, so that weights that yield no numbers are refused before anyone relies on them.
    // throws VANER_DEVICE, VANER_OUT_OF_MEMORY, VANER_MODEL_WEIGHTS, VANER_COMPUTE
    engine(std::shared_ptr<const token_classifier> model, const engine_params & params);

    // Cancels what is left and waits for its end. Not from within a job's done.
    ~engine();

    // NULL once closed
    std::shared_ptr<const token_classifier> model() const;

    // Takes offsets, instructions, rows and tokens as they are given and checks them. Instructions may be left empty.
    // throws VANER_INVALID_ARGUMENT, VANER_DISPOSED
    void submit(std::shared_ptr<encode_job> job);

    // Ends a job: at once where no batch holds a part of it, else as soon as that allows.
    void cancel(const std::shared_ptr<encode_job> & job);

    // Ends a job with VANER_DISPOSED where no batch has begun it.
    void refuse(const std::shared_ptr<encode_job> & job);

    // Refuses new jobs, drops those that no batch has begun, ends the others, frees the model, then calls closed.
    void close(std::function<void()> closed);

    // Cancels everything and waits for the end of what is under way. Idempotent.
    void stop();

private:
    using job_ptr = std::shared_ptr<encode_job>;

    bool work() override;
    void encode(encoder & enc, queued_batch & queued);

    // With the mutex held. They return the jobs that have ended, to be told so without it.
    std::vector<job_ptr> drop(
        const std::function<bool(const encode_job &)> & match, vaner_status status, const char * message);
    std::vector<job_ptr> drop_unwanted();
    queued_batch take();
    std::vector<job_ptr> settle(const queued_batch & queued, const std::vector<std::exception_ptr> & errors);

    const engine_params params;
    size_t n_probs = 0; // values per row

    mutable std::mutex mutex;
    std::condition_variable idle; // no lane is at work
    std::shared_ptr<const token_classifier> classifier;
    batch_queue queue;
    std::vector<std::unique_ptr<encoder>> lanes; // that are not at work
    size_t n_lanes = 0;                          // in all
    bool closing = false;
    std::vector<std::function<void()>> on_closed;

    std::atomic<bool> stopping{ false };
    std::optional<work_pool::place> place; // the last member: no thread comes in while the others are destroyed
};
