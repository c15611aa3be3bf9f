#pragma once

#include "ggml.h"

#include <functional>
#include <string>

// Takes what ggml and llama.cpp log, from any thread. It has to be quick and must not log itself.
using log_sink = std::function<void(ggml_log_level level, const std::string & line)>;

// Without a sink, lines are dropped. owner: any address, one sink each; an empty sink removes the owner's.
void log_set_sink(const void * owner, log_sink sink);

// While it lives, remembers the errors that this thread's calls log, to be named in a vaner_error.
struct log_capture {
    log_capture();
    ~log_capture();
    log_capture(const log_capture &) = delete;
    log_capture & operator=(const log_capture &) = delete;

    std::string last_error(const std::string & fallback) const;
};
