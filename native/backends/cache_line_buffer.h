#pragma once

#include "ggml-backend.h"

// The CPU's memory, with tensors aligned to cache lines (64 bytes). ggml aligns them to 32: then every vector of 64
// bytes crosses a line.
ggml_backend_buffer_type_t cache_line_buffer_type();
