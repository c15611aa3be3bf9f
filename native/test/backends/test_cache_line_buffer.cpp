// Tensors of a graph start on cache lines, whatever their sizes.

#include "backends/cache_line_buffer.h"
#include "test/test.h"

#include "ggml-alloc.h"
#include "ggml-cpp.h"

#include <cstdint>
#include <vector>

int main() {
    const ggml_context_ptr ctx(ggml_init({ 1 << 20, nullptr, /*.no_alloc =*/true }));
    ggml_cgraph * graph = ggml_new_graph(ctx.get());
    std::vector<ggml_tensor *> tensors;
    for (const int n : { 9, 1, 24, 40 }) {
        tensors.push_back(ggml_new_tensor_1d(ctx.get(), GGML_TYPE_I32, n));
        ggml_set_input(tensors.back());
        ggml_build_forward_expand(graph, ggml_dup(ctx.get(), tensors.back()));
    }
    ggml_gallocr_ptr allocator(ggml_gallocr_new(cache_line_buffer_type()));
    CHECK(ggml_gallocr_alloc_graph(allocator.get(), graph));
    for (const ggml_tensor * t : tensors) {
        CHECK((uintptr_t) t->data % 64 == 0);
        CHECK(ggml_backend_buffer_is_host(t->buffer));
    }
    return test_result();
}
