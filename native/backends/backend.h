#pragma once

#include "ggml-backend.h"
#include "ggml-cpp.h"

#include <functional>

// Backends of an encoder: each runs one graph at a time.

// throws VANER_DEVICE
ggml_backend_ptr backend_start(ggml_backend_dev_t device);
ggml_backend_ptr backend_start_cpu(int n_threads);

// The CPU backend asks before each operation whether to stop. cancelled has to outlive the runs; it may be empty.
void backend_set_cancelled(ggml_backend_t cpu, const std::function<bool()> & cancelled);

// ggml ends the process if it can't start its threads. This starts as many at once, and joins them.
// throws VANER_OUT_OF_MEMORY
void backend_need_threads(int n_threads);

// How a run of a graph ended. throws VANER_ABORTED, VANER_COMPUTE
void backend_check(ggml_status status);
