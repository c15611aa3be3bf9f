// A library with a backend whose only device always fails. test/end-to-end/prebuilt-backends.test.ts builds it with GCC.

#include "test/engine/failing_gpu.h"

extern "C" __attribute__((visibility("default"))) ggml_backend_reg_t ggml_backend_init() {
    g_failure = failure::exception;
    return failing_backend();
}
