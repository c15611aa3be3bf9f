#include "engine/engine.h"

#include "backends/devices.h"
#include "error.h"
#include "finite.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <system_error>

//
// the engines of the process
//

// Stops all engines at exit, before ggml's globals are destroyed.
struct engine_registry {
    std::mutex mutex;
    std::condition_variable removed;
    std::set<engine *> engines; // that hold their model
};

static engine_registry & registry() {
    static engine_registry * result = [] {
#ifndef _WIN32 // where the threads have been killed by then
        std::atexit([] {
            engine_registry & r = registry();
            std::unique_lock<std::mutex> lock(r.mutex);
            for (engine * e : r.engines) {
                e->begin_stop();
            }
            // Without the mutex: an engine that lost its last client ends on a thread of the pool, which may be the
            // only one.
            r.removed.wait(lock, [&] { return r.engines.empty(); });
        });
#endif
        return new engine_registry();
    }();
    return *result;
}

static void registry_add(engine * e) {
    engine_registry & r = registry();
    std::lock_guard<std::mutex> lock(r.mutex);
    r.engines.insert(e);
}

static void registry_remove(engine * e) {
    engine_registry & r = registry();
    std::lock_guard<std::mutex> lock(r.mutex);
    r.engines.erase(e);
    r.removed.notify_all();
}

//
// engine
//

static vaner_error weights_error() {
    return vaner_error(VANER_MODEL_WEIGHTS,
        "the model, or its adapter, gives probabilities that are not numbers: the file is damaged, or was converted "
        "wrongly. Copy or convert it again");
}

static void probe(encoder & enc, const token_classifier & model) {
    encoder_batch batch;
    const int32_t tokens[] = { std::max(model.bos_token(), 0), 0 };
    const int32_t rows[] = { 0, 1 };
    batch.add(tokens, 2, rows, 2);
    const std::vector<float> probs = enc.encode(batch);
    if (!all_finite(probs.data(), probs.size())) {
        throw weights_error();
    }
}

engine::engine(std::shared_ptr<const token_classifier> model, const engine_params & params)
    : params(params), classifier(std::move(model)) {
    const bool one_lane = !devices_all_cpu(classifier->devices) || classifier->is_large();
    encoder_params encoding;
    encoding.n_threads = one_lane ? params.n_threads : 1;
    encoding.batch_tokens = params.batch_tokens;
    n_lanes = one_lane ? 1 : params.n_threads;
    for (size_t i = 0; i < n_lanes; ++i) {
        lanes.push_back(encoder::create(*classifier, encoding));
    }
    n_probs = lanes.front()->n_probs();
    probe(*lanes.front(), *classifier);
    try {
        place.emplace(static_cast<work_source &>(*this), (int) n_lanes);
    } catch (const std::system_error & error) {
        throw vaner_error(
            VANER_OUT_OF_MEMORY, std::string("not one thread could be started for the engine: ") + error.what());
    }
    registry_add(this);
}

engine::~engine() {
    stop();
    place.reset();
}

std::shared_ptr<const token_classifier> engine::model() const {
    std::lock_guard<std::mutex> lock(mutex);
    return classifier;
}

batch_counts engine::batches() const {
    std::lock_guard<std::mutex> lock(mutex);
    return taken;
}

void engine::submit(const std::shared_ptr<encode_job> & job) {
    {
        std::lock_guard<std::mutex> lock(mutex);
        if (closing) {
            throw vaner_error(VANER_DISPOSED, "the model has been disposed");
        }
        encode_job_check(*job, classifier->format);
        if (classifier->format.sets_instructions_apart()) {
            encode_job_set_instructions_apart(*job);
        }
        if (!job->tagged_rows.empty()) {
            job->probs.resize(job->tagged_rows.size() * n_probs);
            job->tagged_rows_left = job->tagged_rows.size();
            queue.push(job);
        }
    }
    if (job->tagged_rows.empty()) {
        job->done(*job, nullptr);
    } else {
        place->wake();
    }
}

static void tell(const job_list & ended) {
    for (const auto & job : ended) {
        job->done(*job, job->error);
    }
}

void engine::cancel(const std::shared_ptr<encode_job> & job) {
    job->cancelled = true;
    job_list ended;
    {
        std::lock_guard<std::mutex> lock(mutex);
        ended = drop(
            [&](const encode_job & waiting) { return &waiting == job.get(); }, VANER_ABORTED, "encoding was cancelled");
    }
    tell(ended);
}

void engine::refuse(const std::shared_ptr<encode_job> & job) {
    job_list ended;
    {
        std::lock_guard<std::mutex> lock(mutex);
        ended = drop([&](const encode_job & waiting) { return &waiting == job.get() && waiting.next_tagged_row == 0; },
            VANER_DISPOSED, "the model has been disposed");
    }
    tell(ended);
}

void engine::close(std::function<void()> closed) {
    {
        std::lock_guard<std::mutex> lock(mutex);
        closing = true;
        if (classifier) {
            on_closed.push_back(std::move(closed));
            closed = nullptr;
        }
    }
    if (closed) {
        closed();
    } else {
        place->wake();
    }
}

void engine::begin_stop() {
    {
        std::lock_guard<std::mutex> lock(mutex);
        closing = true;
        stopping = true;
    }
    place->wake();
}

void engine::stop() {
    begin_stop();
    std::unique_lock<std::mutex> lock(mutex);
    idle.wait(lock, [this] { return !classifier; });
}

//
// a thread's work
//

// The last busy lane of a closed engine frees the model. The callbacks may destroy the engine: nothing of it is used
// after them.
bool engine::work() {
    std::unique_ptr<encoder> lane;
    queued_batch queued;
    job_list ended;
    {
        std::lock_guard<std::mutex> lock(mutex);
        if (lanes.empty()) {
            return false; // closed
        }
        lane = std::move(lanes.back());
        lanes.pop_back();
        ended = drop_unwanted();
        queued = take();
    }
    tell(ended);
    if (!queued.pieces.empty()) {
        encode(*lane, queued);
    }

    bool more;
    bool ended_now = false;
    std::vector<std::function<void()>> callbacks;
    {
        std::lock_guard<std::mutex> lock(mutex);
        lanes.push_back(std::move(lane));
        more = !queue.empty();
        if (closing && !more && lanes.size() == n_lanes) {
            lanes.clear();
            classifier.reset();
            callbacks.swap(on_closed);
            ended_now = true;
            idle.notify_all();
        }
    }
    if (ended_now) {
        registry_remove(this);
    }
    for (const auto & callback : callbacks) {
        callback();
    }
    return more;
}

// Without memory for the error it is std::bad_alloc.
static std::exception_ptr make_error(vaner_status status, const char * message) noexcept {
    try {
        throw vaner_error(status, message);
    } catch (...) {
        return std::current_exception();
    }
}

job_list engine::drop(
    const std::function<bool(const encode_job &)> & match, vaner_status status, const char * message) {
    job_list ended;
    job_list dropped = queue.remove_if(match);
    for (auto it = dropped.begin(); it != dropped.end();) {
        const auto job = it++;
        if (!(*job)->error) {
            (*job)->error = make_error(status, message);
        }
        if ((*job)->n_in_flight == 0) {
            ended.splice(ended.end(), dropped, job);
        }
    }
    return ended;
}

job_list engine::drop_unwanted() {
    job_list ended = drop([](const encode_job & job) { return job.cancelled.load() || job.error; }, VANER_ABORTED,
        "encoding was cancelled");
    if (closing) {
        ended.splice(ended.end(),
            drop([this](const encode_job & job) { return stopping || job.next_tagged_row == 0; }, VANER_DISPOSED,
                "the model has been disposed"));
    }
    return ended;
}

// Makes smaller batches if there would not be enough for all lanes.
queued_batch engine::take() {
    const int64_t share = (queue.n_tokens() + (int64_t) n_lanes - 1) / (int64_t) n_lanes;
    queued_batch queued = queue.take((int32_t) std::min<int64_t>(share, params.batch_tokens));
    for (const batch_piece & piece : queued.pieces) {
        ++piece.job->n_in_flight;
    }
    taken.n_batches += queued.pieces.empty() ? 0 : 1;
    taken.n_tokens += queued.batch.n_tokens();
    return queued;
}

void engine::encode(encoder & enc, queued_batch & queued) {
    try {
        if (queued.error) {
            std::rethrow_exception(queued.error);
        }
        const std::vector<float> probs = enc.encode(queued.batch, [&] {
            return stopping || std::all_of(queued.pieces.begin(), queued.pieces.end(), [](const batch_piece & piece) {
                return piece.job->cancelled.load();
            });
        });
        const float * from = probs.data();
        for (batch_piece & piece : queued.pieces) {
            const size_t n = piece.n_tagged_rows * n_probs;
            std::copy(from, from + n, piece.job->probs.begin() + piece.first_tagged_row * n_probs);
            if (!all_finite(from, n)) {
                piece.error = std::make_exception_ptr(weights_error());
            }
            from += n;
        }
    } catch (...) {
        for (batch_piece & piece : queued.pieces) {
            piece.error = std::current_exception();
        }
    }

    {
        std::lock_guard<std::mutex> lock(mutex);
        settle(queued);
    }
    for (const batch_piece & piece : queued.pieces) {
        if (piece.ends_job) {
            piece.job->done(*piece.job, piece.job->error);
        }
    }
}

// A job ends when it is complete or has failed, and is in no other batch.
void engine::settle(queued_batch & queued) {
    for (batch_piece & piece : queued.pieces) {
        encode_job & job = *piece.job;
        job.tagged_rows_left -= piece.n_tagged_rows;
        --job.n_in_flight;
        if (piece.error && !job.error) {
            job.error = piece.error;
            queue.remove_if([&](const encode_job & waiting) { return &waiting == &job; });
        }
        piece.ends_job = job.n_in_flight == 0 && (job.error || job.tagged_rows_left == 0);
    }
}
