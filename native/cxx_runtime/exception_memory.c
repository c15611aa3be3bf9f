// Memory of exceptions, instead of LLVM's: where malloc has none, it comes from spare_memory.c. LLVM's spare memory is one
// for each library, so that a library which catches an exception of another could not free it.

#pragma GCC diagnostic ignored "-Wmissing-prototypes" // they are in LLVM's private headers

#include "spare_memory.h"

#include <stdlib.h>
#include <string.h>

#define HIDDEN __attribute__((visibility("hidden")))

// __cxxabiv1::__aligned_malloc_with_fallback(size_t)
HIDDEN void * _ZN10__cxxabiv130__aligned_malloc_with_fallbackEm(size_t size) {
    void * memory = malloc(size ? size : 1);
    return memory ? memory : vaner_take_spare_memory(size);
}

// __cxxabiv1::__calloc_with_fallback(size_t, size_t)
HIDDEN void * _ZN10__cxxabiv122__calloc_with_fallbackEmm(size_t count, size_t size) {
    void * memory = calloc(count, size);
    if (!memory) {
        memory = vaner_take_spare_memory(count * size);
        if (memory) {
            memset(memory, 0, count * size);
        }
    }
    return memory;
}

// __cxxabiv1::__aligned_free_with_fallback(void *)
HIDDEN void _ZN10__cxxabiv128__aligned_free_with_fallbackEPv(void * memory) {
    if (!vaner_return_spare_memory(memory)) {
        free(memory);
    }
}

// __cxxabiv1::__free_with_fallback(void *)
HIDDEN void _ZN10__cxxabiv120__free_with_fallbackEPv(void * memory) {
    if (!vaner_return_spare_memory(memory)) {
        free(memory);
    }
}
