#include "engine/engine.h"

#include "error.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <system_error>

//
// the engines of the process
//

// Threads must not run into the destruction of ggml's globals at exit.
struct engine_registry {
    std::mutex mutex;
    std::set<engine *> engines;
};

static engine_registry & registry() {
    static engine_registry * result = [] {
        std::atexit([] {
            engine_registry & r = registry();
            std::lock_guard<std::mutex> lock(r.mutex);
            for (engine * e : r.engines) {
                e->stop();
            }
        });
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
}

//
// engine
//

static bool all_finite(const float * values, size_t n) {
    return std::all_of(values, values + n, [](float v) { return std::isfinite(v); });
}

static vaner_error weights_error() {
    return vaner_error(VANER_MODEL_WEIGHTS,
        "the model's weights yield values that are not numbers: the file is damaged, or was "
        "converted wrongly. Copy or convert it again");
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
    encoder_params encoding;
    encoding.n_threads = params.n_threads;
    enc = std::make_unique<encoder>(*classifier, encoding);
    probe(*enc, *classifier);
    try {
        thread = std::thread([this] { run(); });
    } catch (const std::system_error & error) {
        throw vaner_error(
            VANER_OUT_OF_MEMORY, std::string("the engine's thread could not be started: ") + error.what());
    }
    registry_add(this);
}

engine::~engine() {
    registry_remove(this);
    stop();
}

std::shared_ptr<const token_classifier> engine::model() const {
    std::lock_guard<std::mutex> lock(mutex);
    return classifier;
}

void engine::check(const encode_job & job, const token_classifier & model) const {
    auto fail = [](const char * what) { throw vaner_error(VANER_INVALID_ARGUMENT, what); };
    const auto & offsets = job.offsets;
    if (offsets.empty() || offsets.front() != 0 || offsets.back() != (int32_t) job.tokens.size()) {
        fail("the offsets of the sequences have to run from 0 to the number of tokens");
    }
    for (size_t s = 0; s + 1 < offsets.size(); ++s) {
        if (offsets[s] >= offsets[s + 1]) {
            fail("a sequence is empty, or the offsets of the sequences are not ascending");
        }
        if ((uint32_t) (offsets[s + 1] - offsets[s]) > model.format.n_ctx) {
            throw vaner_error(VANER_INVALID_ARGUMENT,
                vaner_format("sequence %zu has %d tokens, the model's context length is %u", s,
                    offsets[s + 1] - offsets[s], model.format.n_ctx));
        }
    }
    for (const int32_t token : job.tokens) {
        if (token < 0 || (uint32_t) token >= model.format.n_vocab) {
            throw vaner_error(VANER_INVALID_ARGUMENT,
                vaner_format("token id %d is outside the vocabulary of %u tokens", token, model.format.n_vocab));
        }
    }
    for (size_t i = 0; i < job.rows.size(); ++i) {
        if (job.rows[i] < 0 || job.rows[i] >= (int32_t) job.tokens.size() ||
            (i > 0 && job.rows[i] <= job.rows[i - 1])) {
            fail("the rows have to be indices of tokens, ascending");
        }
    }
}

void engine::submit(std::shared_ptr<encode_job> job) {
    {
        std::lock_guard<std::mutex> lock(mutex);
        if (closing) {
            throw vaner_error(VANER_DISPOSED, "the model has been disposed");
        }
        check(*job, *classifier);
        if (!job->rows.empty()) {
            job->probs.resize(job->rows.size() * enc->n_probs());
            queue.push(job);
            changed.notify_all();
            return;
        }
    }
    finish(*job, nullptr);
}

void engine::cancel(const std::shared_ptr<encode_job> & job) {
    job->cancelled = true;
    changed.notify_all();
}

void engine::close(std::function<void()> closed) {
    {
        std::lock_guard<std::mutex> lock(mutex);
        closing = true;
        if (!ended) {
            on_closed.push_back(std::move(closed));
            closed = nullptr;
        }
        changed.notify_all();
    }
    if (closed) {
        closed();
    }
}

void engine::stop() {
    {
        std::lock_guard<std::mutex> lock(mutex);
        closing = true;
        stopping = true;
        changed.notify_all();
    }
    std::lock_guard<std::mutex> lock(join_mutex);
    if (thread.joinable()) {
        if (thread.get_id() == std::this_thread::get_id()) {
            thread.detach(); // the last reference was dropped by a callback of the thread itself
        } else {
            thread.join();
        }
    }
}

void engine::finish(encode_job & job, std::exception_ptr error) {
    if (!job.finished) {
        job.finished = true;
        job.done(job, error);
    }
}

void engine::drop(const std::function<bool(const encode_job &)> & match, vaner_status status, const char * message) {
    std::vector<std::shared_ptr<encode_job>> dropped;
    {
        std::lock_guard<std::mutex> lock(mutex);
        dropped = queue.remove_if(match);
    }
    for (const auto & job : dropped) {
        finish(*job, std::make_exception_ptr(vaner_error(status, message)));
    }
}

void engine::run() {
    for (;;) {
        queued_batch queued;
        bool closed;
        {
            std::unique_lock<std::mutex> lock(mutex);
            changed.wait(lock, [this] { return closing || !queue.empty(); });
            closed = closing;
        }
        drop([](const encode_job & job) { return job.cancelled || job.finished; }, VANER_ABORTED,
            "encoding was cancelled");
        if (closed) {
            drop([this](const encode_job & job) { return stopping || job.next_row == 0; }, VANER_DISPOSED,
                "the model has been disposed");
        }
        {
            std::lock_guard<std::mutex> lock(mutex);
            queued = queue.take(params.batch_tokens);
        }
        if (!queued.pieces.empty()) {
            encode(queued);
        } else if (closed) {
            break;
        }
    }

    enc.reset();
    std::vector<std::function<void()>> callbacks;
    {
        std::lock_guard<std::mutex> lock(mutex);
        classifier.reset();
        callbacks.swap(on_closed);
        ended = true;
    }
    for (const auto & callback : callbacks) {
        callback();
    }
}

void engine::encode(queued_batch & queued) {
    std::vector<float> probs;
    try {
        probs = enc->encode(queued.batch, [&] {
            return stopping || std::all_of(queued.pieces.begin(), queued.pieces.end(), [](const batch_piece & piece) {
                return piece.job->cancelled.load();
            });
        });
    } catch (...) {
        for (const batch_piece & piece : queued.pieces) {
            finish(*piece.job, std::current_exception());
        }
        return;
    }

    const size_t n_probs = enc->n_probs();
    const float * from = probs.data();
    for (const batch_piece & piece : queued.pieces) {
        encode_job & job = *piece.job;
        const size_t n = piece.n_rows * n_probs;
        std::copy(from, from + n, job.probs.begin() + piece.first_row * n_probs);
        if (!all_finite(from, n)) {
            finish(job, std::make_exception_ptr(weights_error()));
        }
        from += n;
        job.rows_left -= piece.n_rows;
        if (job.rows_left == 0) {
            finish(job, nullptr);
        }
    }
}
