#include "engine/engine_client.h"

#include "backends/devices.h"
#include "backends/log.h"
#include "model/base_registry.h"
#include "model/shared_instances.h"

#include <mutex>
#include <set>
#include <vector>

// An engine and the number of its clients. It is closed by the last client that leaves; nobody can join it then.
struct shared_engine {
    engine eng;
    std::mutex mutex;
    int n_clients = 1; // the one that created it
    bool closed = false;

    shared_engine(std::shared_ptr<const token_classifier> model, const engine_params & params)
        : eng(std::move(model), params) {}

    bool join() {
        std::lock_guard<std::mutex> lock(mutex);
        if (!closed) {
            ++n_clients;
        }
        return !closed;
    }

    // Returns whether this was the last client.
    bool leave() {
        std::lock_guard<std::mutex> lock(mutex);
        closed = --n_clients == 0;
        return closed;
    }
};

static shared_instances<shared_engine> & registry() {
    static auto * result = new shared_instances<shared_engine>(); // never freed: engines may outlive the globals
    return *result;
}

// Outlives the client while one of its jobs runs.
struct engine_client::state {
    std::mutex mutex;
    std::shared_ptr<shared_engine> shared; // NULL: has left the engine
    std::set<std::shared_ptr<encode_job>> jobs;
    bool closing = false;
    std::vector<std::function<void()>> on_closed;

    std::shared_ptr<shared_engine> joined() {
        std::lock_guard<std::mutex> lock(mutex);
        return shared;
    }

    void end(const std::shared_ptr<encode_job> & job) {
        {
            std::lock_guard<std::mutex> lock(mutex);
            jobs.erase(job);
        }
        leave_if_done();
    }

    // Leaves the engine if closing and without jobs, and calls on_closed.
    void leave_if_done() {
        std::shared_ptr<shared_engine> left;
        std::vector<std::function<void()>> callbacks;
        {
            std::lock_guard<std::mutex> lock(mutex);
            if (!closing || !jobs.empty()) {
                return;
            }
            left.swap(shared);
            callbacks.swap(on_closed);
        }
        auto tell = [callbacks] {
            for (const auto & callback : callbacks) {
                callback();
            }
        };
        if (left && left->leave()) {
            // Keeps the engine alive until its callback: then only the calling thread uses it.
            left->eng.close([left, tell] { tell(); });
        } else {
            tell();
        }
    }
};

engine_client::engine_client(std::shared_ptr<state> own) : own(std::move(own)) {}

std::shared_ptr<engine_client> engine_client::load(
    const std::string & path, const token_classifier_params & model, const engine_params & params) {
    auto load = [&] { return std::make_shared<shared_engine>(token_classifier::load(path, model), params); };
    const std::string base = base_model_key(path, model);
    const std::string adapter = model.adapter.empty() ? "none" : file_identity(model.adapter);
    std::shared_ptr<shared_engine> shared;
    bool joined = false;
    if (base.empty() || adapter.empty()) {
        shared = load(); // throws what is wrong with the file
    } else {
        const std::string key =
            vaner_format("%s:%s:%d:%d", base.c_str(), adapter.c_str(), params.n_threads, (int) params.batch_tokens);
        shared = registry().get(
            key, load, [&](shared_engine & known) { return joined = known.join(); },
            [&] { base_model_report(model, 0.0f); });
    }
    auto own = std::make_shared<state>();
    own->shared = std::move(shared);
    std::shared_ptr<engine_client> client(new engine_client(std::move(own)));
    if (joined) {
        base_model_report(model, 1.0f);
    }
    return client;
}

std::shared_ptr<engine_client> engine_client::load_on_best_device(
    const std::string & path, token_classifier_params model, const engine_params & params) {
    model.device = devices_best();
    if (!model.device) {
        const std::string problems = devices_problems();
        log_write(problems.empty() ? GGML_LOG_LEVEL_INFO : GGML_LOG_LEVEL_WARN,
            "no backend finds a GPU: the CPU is used." + problems);
        return load(path, model, params);
    }
    try {
        return load(path, model, params);
    } catch (const vaner_error & error) {
        if (error.status != VANER_DEVICE && error.status != VANER_OUT_OF_MEMORY && error.status != VANER_COMPUTE) {
            throw;
        }
        log_write(GGML_LOG_LEVEL_WARN,
            vaner_format("the CPU is used instead of '%s': %s", ggml_backend_dev_name(model.device), error.what()));
    }
    model.device = nullptr;
    return load(path, model, params);
}

engine_client::~engine_client() {
    std::set<std::shared_ptr<encode_job>> left;
    std::shared_ptr<shared_engine> shared;
    {
        std::lock_guard<std::mutex> lock(own->mutex);
        own->closing = true;
        left = own->jobs;
        shared = own->shared;
    }
    for (const auto & job : left) {
        shared->eng.cancel(job);
    }
    own->leave_if_done();
}

std::shared_ptr<const token_classifier> engine_client::model() const {
    std::lock_guard<std::mutex> lock(own->mutex);
    return own->closing ? nullptr : own->shared->eng.model();
}

batch_counts engine_client::batches() const {
    const std::shared_ptr<shared_engine> shared = own->joined();
    return shared ? shared->eng.batches() : batch_counts();
}

void engine_client::submit(const std::shared_ptr<encode_job> & job) {
    std::shared_ptr<shared_engine> shared;
    {
        std::lock_guard<std::mutex> lock(own->mutex);
        if (own->closing) {
            throw vaner_error(VANER_DISPOSED, "the model has been disposed");
        }
        shared = own->shared;
        own->jobs.insert(job);
    }
    job->done = [own = own, id = std::weak_ptr<encode_job>(job), done = std::move(job->done)](
                    encode_job & ended, std::exception_ptr error) {
        done(ended, std::move(error));
        own->end(id.lock());
    };
    try {
        shared->eng.submit(job);
    } catch (...) {
        own->end(job);
        throw;
    }
}

void engine_client::cancel(const std::shared_ptr<encode_job> & job) {
    if (const std::shared_ptr<shared_engine> shared = own->joined()) {
        shared->eng.cancel(job);
    }
}

void engine_client::close(std::function<void()> closed) {
    std::set<std::shared_ptr<encode_job>> waiting;
    std::shared_ptr<shared_engine> shared;
    {
        std::lock_guard<std::mutex> lock(own->mutex);
        own->closing = true;
        own->on_closed.push_back(std::move(closed));
        waiting = own->jobs;
        shared = own->shared;
    }
    for (const auto & job : waiting) {
        shared->eng.refuse(job);
    }
    own->leave_if_done();
}
