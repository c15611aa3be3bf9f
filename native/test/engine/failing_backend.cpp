// A library with a backend whose only device fails, after as many graphs as GOOD_RUNS says.
// test/end-to-end/prebuilt-backends.test.ts builds it with GCC.

#include "test/engine/failing_gpu.h"

#include <cstdlib>

extern "C" __attribute__((visibility("default"))) ggml_backend_reg_t ggml_backend_init() {
    const char * good_runs = getenv("GOOD_RUNS");
    g_good_runs = good_runs ? atoi(good_runs) : 0;
    g_failure = failure::exception;
    return failing_backend();
}
