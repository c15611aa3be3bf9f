#pragma once

#include "ggml.h"

#include <functional>
#include <string>

// Receives log lines of ggml and llama.cpp, from any thread. Must be fast and must not log.
using log_sink = std::function<void(ggml_log_level level, const std::string & line)>;

// Sets the sink of an owner, which is any address; an empty sink removes it. Without sinks, lines are dropped.
void log_set_sink(const void * owner, log_sink sink);

// Sends a line to all sinks, as if ggml had logged it.
void log_write(ggml_log_level level, const std::string & line);

// While it lives, remembers what errors this thread logged, for a vaner_error.
struct log_capture {
    log_capture();
    ~log_capture();
    log_capture(const log_capture &) = delete;
    log_capture & operator=(const log_capture &) = delete;

    std::string last_error(const std::string & fallback) const;

    // Whether an error came of a std::bad_alloc that ggml caught.
    bool lacked_memory() const;
};
