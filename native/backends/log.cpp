#include "backends/log.h"

#include "llama.h"

#include <cstring>
#include <map>
#include <mutex>

static std::mutex g_mutex;
static std::map<const void *, log_sink> g_sinks;

static thread_local std::string t_last_error;
static thread_local bool t_lacked_memory = false;
static thread_local int t_captures = 0;

static std::string trim(const std::string & text) {
    const size_t first = text.find_first_not_of(" \n\r\t.");
    const size_t last = text.find_last_not_of(" \n\r\t");
    return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

void log_write(ggml_log_level level, const std::string & line) {
    std::lock_guard<std::mutex> lock(g_mutex);
    for (const auto & entry : g_sinks) {
        entry.second(level, line);
    }
}

static void on_log(ggml_log_level level, const char * text, void *) {
    t_lacked_memory = t_lacked_memory || strstr(text, "bad_alloc") != nullptr; // before anything is allocated
    const std::string line = trim(text);
    if (line.empty()) {
        return;
    }
    if (t_captures > 0 && level == GGML_LOG_LEVEL_ERROR) {
        t_last_error = line;
    }
    log_write(level, line);
}

// llama.cpp prints to stderr by default, which a library must not do.
static void install_once() {
    static std::once_flag once;
    std::call_once(once, [] { llama_log_set(on_log, nullptr); });
}

void log_set_sink(const void * owner, log_sink sink) {
    install_once();
    std::lock_guard<std::mutex> lock(g_mutex);
    if (sink) {
        g_sinks[owner] = std::move(sink);
    } else {
        g_sinks.erase(owner);
    }
}

log_capture::log_capture() {
    install_once();
    if (t_captures++ == 0) {
        t_last_error.clear();
        t_lacked_memory = false;
    }
}

log_capture::~log_capture() {
    --t_captures;
}

std::string log_capture::last_error(const std::string & fallback) const {
    return t_last_error.empty() ? fallback : t_last_error;
}

bool log_capture::lacked_memory() const {
    return t_lacked_memory;
}
