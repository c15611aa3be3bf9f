#pragma once

#include "ggml-backend.h"

// The CPU's memory with tensors that begin with a cache line, where ggml's own may begin in the middle of one: then every vector of
// 64 bytes takes two.
ggml_backend_buffer_type_t cache_line_buffer_type();
