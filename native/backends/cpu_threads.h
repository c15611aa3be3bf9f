#pragma once

#include "ggml-backend.h"
#include "ggml.h"

#include <mutex>

// The process's one pool of CPU threads. Several pools would slow each other, so all models take turns.
// A lease holds the pool for as long as it lives.
class cpu_threads_lease {
public:
    // Waits for its turn. n_threads >= 1; the pool grows to the largest number asked for.
    explicit cpu_threads_lease(int n_threads);

    // Makes a CPU backend compute with the leased threads.
    void attach(ggml_backend_t cpu_backend) const;

private:
    std::unique_lock<std::mutex> lock;
    int n_threads;
};
