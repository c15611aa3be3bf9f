#pragma once

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

class base_model;

// The way back into one JavaScript environment (the main thread's or a worker's) from any thread.
class mailbox {
public:
    using task = std::function<void(Napi::Env)>;

    static std::shared_ptr<mailbox> create(Napi::Env env);

    // Runs the task on the environment's thread; dropped when the environment is gone. From any thread.
    void post(task work);

    bool is_open() const { return open; }

    // While something is awaited the environment stays alive. On the environment's thread.
    void hold();
    void release();

private:
    explicit mailbox(Napi::Env env);
    static void run(napi_env env, napi_value, void *, void * data);
    static void close(void * self);

    napi_env env;
    napi_threadsafe_function function = nullptr;
    std::mutex mutex;
    std::atomic<bool> open{ true };
    int n_held = 0;
};

// The jobs of an environment that have not ended, by numbers that come again after 2^32 others. On the environment's thread.
class running_jobs {
public:
    uint32_t add(std::function<void()> cancel) {
        while (!cancels.emplace(++last, cancel).second) {
        }
        return last;
    }

    void end(uint32_t id) { cancels.erase(id); }

    // nothing where the job has ended
    void cancel(uint32_t id) {
        const auto found = cancels.find(id);
        if (found != cancels.end()) {
            const std::function<void()> stop = found->second; // may end the job
            stop();
        }
    }

private:
    std::unordered_map<uint32_t, std::function<void()>> cancels;
    uint32_t last = 0;
};

// How many models of an environment use each base.
using base_uses = std::map<const base_model *, size_t>;

// What the addon keeps per JavaScript environment.
struct environment {
    std::shared_ptr<base_uses> uses = std::make_shared<base_uses>(); // models may be finalized after the environment
    std::shared_ptr<mailbox> mail;
    running_jobs jobs;
    Napi::FunctionReference model_class;
    Napi::FunctionReference cancel_job; // the function of all jobs
    Napi::FunctionReference logger;

    static environment & of(Napi::Env env);
    ~environment();
};

// Called once per environment, when it loads the addon.
void environment_init(Napi::Env env);
