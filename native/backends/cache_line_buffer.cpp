#include "backends/cache_line_buffer.h"

#include "ggml-backend-impl.h"

ggml_backend_buffer_type_t cache_line_buffer_type() {
    static ggml_backend_buffer_type type = [] {
        ggml_backend_buffer_type copy = *ggml_backend_cpu_buffer_type(); // its buffers start on a line already
        copy.iface.get_alignment = [](ggml_backend_buffer_type_t) { return (size_t) 64; };
        return copy;
    }();
    return &type;
}
