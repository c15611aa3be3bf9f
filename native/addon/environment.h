#pragma once

#include "addon/mailbox.h"

#include <napi.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

class base_model;
class engine_client;

// The unfinished jobs of an environment, by id; ids wrap around. On the environment's thread.
class running_jobs {
public:
    uint32_t add(const std::function<void()> & cancel) {
        while (!cancels.emplace(++last, cancel).second) {
        }
        return last;
    }

    void end(uint32_t id) { cancels.erase(id); }

    // Does nothing if the job has ended.
    void cancel(uint32_t id) {
        const auto found = cancels.find(id);
        if (found != cancels.end()) {
            const std::function<void()> stop = found->second; // may end the job
            stop();
        }
    }

    // Cancels all jobs. Those that are added later are too late: their owners have to ask is_over().
    void end_all() {
        over = true;
        std::vector<std::function<void()>> stops;
        for (const auto & entry : cancels) {
            stops.push_back(entry.second);
        }
        for (const auto & stop : stops) {
            stop();
        }
    }

    bool is_over() const { return over; }

private:
    std::unordered_map<uint32_t, std::function<void()>> cancels;
    uint32_t last = 0;
    bool over = false;
};

// Number of models of an environment that use each base.
using base_uses = std::map<const base_model *, size_t>;

// State of the addon in one JavaScript environment.
struct environment {
    std::shared_ptr<base_uses> uses = std::make_shared<base_uses>(); // models may be finalized after the environment
    std::shared_ptr<mailbox> mail;
    running_jobs jobs;
    Napi::FunctionReference model_class;
    std::shared_ptr<engine_client> loaded; // of the model whose object is being made
    Napi::FunctionReference cancel_job;    // shared by all jobs
    Napi::FunctionReference logger;

    static environment & of(Napi::Env env);
    ~environment();
};

// Once per environment, when it loads the addon.
void environment_init(Napi::Env env);
