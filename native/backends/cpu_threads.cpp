#include "backends/cpu_threads.h"

#include "backends/devices.h"
#include "error.h"

#include "ggml-cpu.h"

// The CPU backend may be a library of its own (VANER_PORTABLE): its functions are found by name.
struct cpu_functions {
    decltype(ggml_threadpool_new) * pool_new;
    decltype(ggml_threadpool_free) * pool_free;
    decltype(ggml_backend_cpu_set_threadpool) * set_pool;
    ggml_backend_set_n_threads_t set_n_threads;
};

static const cpu_functions & functions() {
    static const cpu_functions result = [] {
        ggml_backend_dev_t cpu = devices_cpu();
        return cpu_functions{
            device_function<decltype(ggml_threadpool_new) *>(cpu, "ggml_threadpool_new"),
            device_function<decltype(ggml_threadpool_free) *>(cpu, "ggml_threadpool_free"),
            device_function<decltype(ggml_backend_cpu_set_threadpool) *>(cpu, "ggml_backend_cpu_set_threadpool"),
            device_function<ggml_backend_set_n_threads_t>(cpu, "ggml_backend_set_n_threads"),
        };
    }();
    return result;
}

// Never freed: at exit other threads may still be waiting in it, and the system reclaims it anyway.
struct shared_pool {
    std::mutex mutex;
    ggml_threadpool * pool = nullptr;
    int n_pool = 0;
};

static shared_pool & the_pool() {
    static shared_pool * result = new shared_pool();
    return *result;
}

cpu_threads_lease::cpu_threads_lease(int n_threads) : lock(the_pool().mutex), n_threads(n_threads) {
    shared_pool & shared = the_pool();
    if (shared.n_pool >= n_threads) {
        return;
    }
    ggml_threadpool_params params = ggml_threadpool_params_default(n_threads);
    params.poll = 0; // polling would burn a core for some 0.3 s after every batch
    ggml_threadpool * pool = functions().pool_new(&params);
    if (!pool) {
        throw vaner_error(
            VANER_OUT_OF_MEMORY, vaner_format("a pool of %d CPU threads could not be started", n_threads));
    }
    if (shared.pool) {
        functions().pool_free(shared.pool);
    }
    shared.pool = pool;
    shared.n_pool = n_threads;
}

void cpu_threads_lease::attach(ggml_backend_t cpu_backend) const {
    functions().set_pool(cpu_backend, the_pool().pool);
    functions().set_n_threads(cpu_backend, n_threads);
}
