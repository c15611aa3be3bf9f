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
    int n_threads = 1;          // CPU threads of all lanes together
    int32_t batch_tokens = 512; // maximum tokens of a batch, unless one sequence is longer
};

// The batches that the lanes took so far.
struct batch_counts {
    uint64_t n_batches = 0;
    uint64_t n_tokens = 0; // of all of them, without instructions that are computed once
};

// Encodes the jobs of all callers with one model, on the threads of the process. All methods from any thread.
//
// On the CPU each thread encodes its own batches: a lane. Threads that share a batch meet at a spinning barrier after
// every ggml operation, which on a busy machine is slower than a single thread by orders of magnitude. Only large
// models, and models on other devices, have one lane with all threads.
class engine : private work_source {
public:
    // Encodes a short sequence first, to reject weights whose results are not finite.
    // throws VANER_DEVICE, VANER_OUT_OF_MEMORY, VANER_MODEL_WEIGHTS, VANER_COMPUTE
    engine(std::shared_ptr<const token_classifier> model, const engine_params & params);

    // Cancels all jobs and waits for their end. Must not be called from encode_job::done.
    ~engine() override;

    // NULL once closed
    std::shared_ptr<const token_classifier> model() const;

    batch_counts batches() const;

    // Checks the job (encode_job_check()) and queues it.
    // throws VANER_INVALID_ARGUMENT, VANER_DISPOSED
    void submit(const std::shared_ptr<encode_job> & job);

    // Ends a job: at once if it is in no batch, else when its batches have stopped.
    void cancel(const std::shared_ptr<encode_job> & job);

    // Ends a job with VANER_DISPOSED, unless a batch has already taken a part of it.
    void refuse(const std::shared_ptr<encode_job> & job);

    // Refuses new jobs, drops jobs that have not begun, finishes the others, frees the model, then calls closed.
    void close(std::function<void()> closed);

    // Cancels all jobs; without waiting for their end.
    void begin_stop();

    // Cancels all jobs and waits for their end. Idempotent.
    void stop();

private:
    // Allocates nothing outside of encode() and take(), which report what fails to the jobs.
    bool work() override;
    void encode(encoder & enc, queued_batch & queued);

    // These need the mutex and find the jobs that have ended. Their `done` is called later, without the mutex.
    job_list drop(const std::function<bool(const encode_job &)> & match, vaner_status status, const char * message);
    job_list drop_unwanted();
    queued_batch take();
    void settle(queued_batch & queued);

    const engine_params params;
    size_t n_probs = 0; // probabilities per tagged row

    mutable std::mutex mutex;
    std::condition_variable idle; // all lanes are free
    std::shared_ptr<const token_classifier> classifier;
    batch_queue queue;
    batch_counts taken;
    std::vector<std::unique_ptr<encoder>> lanes; // the free ones
    size_t n_lanes = 0;                          // free and busy
    bool closing = false;
    std::vector<std::function<void()>> on_closed;

    std::atomic<bool> stopping{ false };
    std::optional<work_pool::place> place; // last, and so destroyed first: then no thread uses the other members
};
